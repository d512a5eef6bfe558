//! A price on the command line.

/// What stands before and after the last `=`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    let (before, after) = text.rsplit_once('=').ok_or("there is no `=` in it")?;
    Ok((before.to_owned(), after.to_owned()))
}

/// A duration, a dimension and a price.
pub fn unit_price(text: &str) -> Result<(String, String, String), String> {
    let (duration, rest) = text.split_once(':').ok_or("there is no `:` in it")?;
    let (dimension, price) = pair(rest)?;
    Ok((duration.to_owned(), dimension, price))
}
