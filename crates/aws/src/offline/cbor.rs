//! JSON's values in CBOR, as the protocol `rpc-v2-cbor` has them.

use minicbor::data::{Tag, Type};
use minicbor::decode::Error;
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Number, Value};

/// Lists and objects within each other.
const MAX_NESTING: u32 = 32;

/// What comes as a time, and has to have its tag: clients refuse a bare number.
const TIMES: [&str; 1] = ["ExpirationDate"];

/// Reads a value. What JSON cannot say is refused.
pub fn read(bytes: &[u8]) -> Result<Value, Error> {
    let mut decoder = Decoder::new(bytes);
    let value = value(&mut decoder, MAX_NESTING)?;
    if decoder.position() == bytes.len() {
        Ok(value)
    } else {
        Err(Error::message("there is more behind the value"))
    }
}

fn value(decoder: &mut Decoder<'_>, depth: u32) -> Result<Value, Error> {
    let deeper = depth.checked_sub(1).ok_or_else(|| Error::message("nested too deeply"))?;
    match decoder.datatype()? {
        Type::Map | Type::MapIndef => {
            let count = decoder.map()?;
            let mut fields = Map::new();
            let mut read = 0;
            while has_more(decoder, count, &mut read)? {
                let key = text(decoder)?;
                fields.insert(key, value(decoder, deeper)?);
            }
            Ok(Value::Object(fields))
        }
        Type::Array | Type::ArrayIndef => {
            let count = decoder.array()?;
            let mut items = Vec::new();
            let mut read = 0;
            while has_more(decoder, count, &mut read)? {
                items.push(value(decoder, deeper)?);
            }
            Ok(Value::Array(items))
        }
        Type::String | Type::StringIndef => text(decoder).map(Value::String),
        Type::Bool => decoder.bool().map(Value::Bool),
        Type::Null => decoder.null().map(|()| Value::Null),
        Type::Undefined => decoder.undefined().map(|()| Value::Null),
        Type::F16 => float(f64::from(decoder.f16()?)),
        Type::F32 => float(f64::from(decoder.f32()?)),
        Type::F64 => float(decoder.f64()?),
        Type::Tag => {
            decoder.tag()?;
            value(decoder, deeper)
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64().map(Value::from),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => decoder.i64().map(Value::from),
        other => Err(Error::type_mismatch(other)),
    }
}

/// Whether there is another element: by the count, or until the break.
fn has_more(decoder: &mut Decoder<'_>, count: Option<u64>, read: &mut u64) -> Result<bool, Error> {
    if let Some(count) = count {
        *read += 1;
        return Ok(*read <= count);
    }
    let is_over = decoder.datatype()? == Type::Break;
    if is_over {
        decoder.set_position(decoder.position() + 1);
    }
    Ok(!is_over)
}

fn text(decoder: &mut Decoder<'_>) -> Result<String, Error> {
    decoder.str_iter()?.collect()
}

fn float(number: f64) -> Result<Value, Error> {
    let number = Number::from_f64(number).ok_or_else(|| Error::message("not a finite number"))?;
    Ok(Value::Number(number))
}

/// Writes a value.
pub fn write(value: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    // Nothing fails that writes into memory.
    let _ = put(&mut encoder, value);
    encoder.into_writer()
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn put(encoder: &mut Encoder<Vec<u8>>, value: &Value) -> Written {
    match value {
        Value::Null => encoder.null()?,
        Value::Bool(bool) => encoder.bool(*bool)?,
        Value::String(text) => encoder.str(text)?,
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => encoder.i64(whole)?,
            (None, Some(float)) => encoder.f64(float)?,
            (None, None) => encoder.null()?,
        },
        Value::Array(items) => {
            encoder.array(items.len() as u64)?;
            return items.iter().try_for_each(|item| put(encoder, item));
        }
        Value::Object(fields) => {
            encoder.map(fields.len() as u64)?;
            return fields.iter().try_for_each(|(key, value)| {
                encoder.str(key)?;
                if TIMES.contains(&&**key) {
                    encoder.tag(Tag::new(1))?;
                }
                put(encoder, value)
            });
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let value = json!({
            "a": [1, -1, 300, null, true, "é", []],
            "b": {"c": 1.5, "d": {}},
            "ExpirationDate": 1_830_297_600,
        });
        assert_eq!(read(&write(&value)).expect("CBOR"), value);
    }

    #[test]
    fn other_forms_are_read() {
        let cases: [(&[u8], Option<Value>); 8] = [
            // A map and a text of no known length.
            (&[0xbf, 0x61, b'a', 0x01, 0xff], Some(json!({"a": 1}))),
            (&[0x7f, 0x61, b'a', 0x61, b'b', 0xff], Some(json!("ab"))),
            (&[0x9f, 0x01, 0xff], Some(json!([1]))),
            // A time.
            (&[0xc1, 0x01], Some(json!(1))),
            // Half of 3.
            (&[0xf9, 0x3e, 0x00], Some(json!(1.5))),
            (&[0x01, 0x01], None),
            (&[0x43, 1, 2, 3], None),
            (&[0xa1, 0x61], None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(bytes).ok(), expected, "{bytes:x?}");
        }
        assert!(read(&[0x81; 100]).is_err());
    }
}
