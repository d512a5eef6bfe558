//! A stream of bytes, cut into documents.
//!
//! Names of files say nothing: every input is read as a stream of JSON documents, one after the other, each over as many
//! lines as it takes. White space, empty lines and byte order marks between documents are skipped. What begins at the
//! next byte decides where it ends:
//!
//! | it begins with | and | it ends |
//! |---|---|---|
//! | `{` or `[` | goes on as JSON up to the bracket that closes it | behind that bracket |
//! | `{` or `[` | stops being JSON, or the stream ends in it: broken | with its first line, and the lines right after it that begin with a space, a tab or a closing bracket |
//! | anything else | | with its line |
//!
//! So nothing is dropped: a broken document is one document with the bytes as they are, for the parser to refuse and the
//! ledger to keep. A cut line of JSON lines does not take the next one along, even if both together could be the beginning
//! of JSON: as soon as it turns out to be broken, reading goes on at its second line. A broken document printed over
//! indented lines stays in one piece.
//!
//! Bounds: a document has at most [`MAX_DOCUMENT`] bytes; a longer one is passed over and reported. What is looked at
//! behind a broken line is looked at again. Where that adds up to more than 64 MiB and four times the
//! stream, a document has to end on the line on which it begins: the time is linear in the stream's length, whatever is in
//! it.

use std::io::{self, BufRead, BufReader, Read};

use serde::de::IgnoredAny;

/// The longest document, in bytes. A Lambda event of SQS messages holds at most 6 MiB, an SQS message at most 1 MiB.
pub const MAX_DOCUMENT: usize = 16 * 1_048_576;

/// So many bytes may be looked at twice before that counts against the stream's length.
const PATIENCE: u64 = 64 * 1_048_576;

/// Bytes read at once.
const CHUNK: usize = 256 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The documents of a stream.
pub struct Documents<R> {
    source: BufReader<R>,
    /// What was read and is not passed yet begins at `start`.
    buffer: Vec<u8>,
    start: usize,
    /// The length of the document that was returned last; it is passed when the next one is asked for.
    returned: usize,
    line: u64,
    read: u64,
    in_vain: u64,
    /// The longest document, in bytes.
    longest: usize,
}

/// What was found in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// A document; none: it is longer than it may be and was passed over.
    pub document: Option<&'a [u8]>,
}

/// Where a document ends that begins with a bracket.
enum End {
    At(usize),
    Broken,
    TooFar,
}

impl<R: Read> Documents<R> {
    /// The documents of a stream.
    pub fn new(source: R) -> Self {
        Self::bounded(source, MAX_DOCUMENT)
    }

    /// The same with another bound than [`MAX_DOCUMENT`].
    pub fn bounded(source: R, longest: usize) -> Self {
        Self {
            source: BufReader::with_capacity(CHUNK, source),
            buffer: Vec::new(),
            start: 0,
            returned: 0,
            line: 1,
            read: 0,
            in_vain: 0,
            longest,
        }
    }

    /// How many bytes of the stream were read.
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// The next document; none: the stream is at its end.
    #[expect(clippy::should_implement_trait, reason = "what it gives borrows from it")]
    pub fn next(&mut self) -> io::Result<Option<Found<'_>>> {
        let returned = std::mem::take(&mut self.returned);
        self.pass(returned);
        if !self.skip_blank()? {
            return Ok(None);
        }
        let line = self.line;
        let end = match self.rest().first() {
            Some(b'{' | b'[') => self.value()?,
            _ => End::Broken,
        };
        let length = match end {
            End::At(length) => Some(length),
            End::Broken => self.broken()?,
            End::TooFar => {
                self.skip_value()?;
                None
            }
        };
        self.returned = length.unwrap_or(0);
        let document = length.map(|length| self.rest().get(..length).unwrap_or_default());
        Ok(Some(Found { line, document: document.map(<[u8]>::trim_ascii_end) }))
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn pass(&mut self, length: usize) {
        let lines = count_lines(self.rest().get(..length).unwrap_or_default());
        self.line = self.line.saturating_add(lines);
        self.start = self.start.saturating_add(length);
    }

    /// Reads on; false at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.drain(..self.start.min(self.buffer.len()));
        self.start = 0;
        let chunk = loop {
            match self.source.fill_buf() {
                Ok(chunk) => break chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        let length = chunk.len();
        self.buffer.extend_from_slice(chunk);
        self.source.consume(length);
        self.read = self.read.saturating_add(length as u64);
        Ok(length > 0)
    }

    /// Goes to where the next document begins; false at the end of the stream.
    fn skip_blank(&mut self) -> io::Result<bool> {
        loop {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            let begins = self.rest().iter().position(|byte| !blank(byte));
            self.pass(begins.unwrap_or(self.rest().len()));
            if begins.is_none() {
                if !self.fill()? {
                    return Ok(false);
                }
                continue;
            }
            let mark = BYTE_ORDER_MARK.starts_with(self.rest().get(..3).unwrap_or(self.rest()));
            if !mark {
                return Ok(true);
            }
            if self.rest().len() >= BYTE_ORDER_MARK.len() {
                self.pass(BYTE_ORDER_MARK.len());
            } else if !self.fill()? {
                return Ok(true);
            }
        }
    }

    /// Where the JSON ends that begins here with a bracket.
    fn value(&mut self) -> io::Result<End> {
        let allowed = self.read.saturating_mul(4).saturating_add(PATIENCE);
        let on_one_line = self.in_vain > allowed;
        loop {
            let text = self.rest();
            let known = text.len();
            let text = if on_one_line { first_line(text) } else { text };
            let is_cut = text.len() == known;
            let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
            let looked = match values.next() {
                Some(Ok(_)) if values.byte_offset() > self.longest => return Ok(End::TooFar),
                Some(Ok(_)) => return Ok(End::At(values.byte_offset())),
                None => known,
                Some(Err(error)) if error.is_eof() => text.len(),
                Some(Err(error)) => position(text, error.line(), error.column()),
            };
            // A number or a word that the end of what was read cuts in two is no mistake yet.
            if looked >= text.len() && is_cut {
                if known > self.longest {
                    return Ok(End::TooFar);
                }
                if self.fill_up_to(known.saturating_mul(2))? {
                    continue;
                }
            }
            if looked > self.longest {
                return Ok(End::TooFar);
            }
            self.in_vain = self.in_vain.saturating_add(looked as u64);
            return Ok(End::Broken);
        }
    }

    /// Reads on until so many bytes are there; false at the end of the stream.
    fn fill_up_to(&mut self, length: usize) -> io::Result<bool> {
        let more = self.fill()?;
        while more && self.rest().len() < length && self.fill()? {}
        Ok(more)
    }

    /// How long the document is that begins here and is not JSON; none: too long, and passed over.
    fn broken(&mut self) -> io::Result<Option<usize>> {
        let bracket = matches!(self.rest().first(), Some(b'{' | b'['));
        let mut end = 0;
        loop {
            let Some(found) = self.line_end(end)? else {
                self.skip_line()?;
                return Ok(None);
            };
            end = found;
            let next = end.saturating_add(1);
            if self.rest().len() <= next {
                self.fill()?;
            }
            match self.rest().get(next) {
                Some(b' ' | b'\t' | b'}' | b']') if bracket => end = next,
                _ => return Ok(Some(end)),
            }
        }
    }

    /// Where the line ends that goes on at `from`; none: further away than a document may be long.
    fn line_end(&mut self, from: usize) -> io::Result<Option<usize>> {
        let mut looked = from;
        loop {
            let new = self.rest().get(looked..).unwrap_or_default();
            let end = new.iter().position(|byte| *byte == b'\n');
            looked = looked.saturating_add(end.unwrap_or(new.len()));
            if looked > self.longest {
                return Ok(None);
            }
            if end.is_some() || !self.fill()? {
                return Ok(Some(looked));
            }
        }
    }

    /// Passes over JSON that is too long to be held; if it is broken, up to the end of the line on which that shows.
    fn skip_value(&mut self) -> io::Result<()> {
        let mut held = std::mem::take(&mut self.buffer);
        held.drain(..std::mem::take(&mut self.start).min(held.len()));
        let source = held.chain(&mut self.source);
        let mut passed = Passed { source, bytes: 0, last: 0, lines: 0 };
        let skipped =
            serde_json::Deserializer::from_reader(&mut passed).into_iter::<IgnoredAny>().next();
        let Passed { bytes, last, lines, .. } = passed;
        self.line = self.line.saturating_add(lines);
        self.read = self.read.saturating_add((bytes as u64).saturating_sub(held.len() as u64));
        held.drain(..bytes.min(held.len()));
        self.buffer = held;
        match skipped {
            Some(Err(error)) if error.is_io() => Err(error.into()),
            Some(Err(error)) if !error.is_eof() && last != b'\n' => self.skip_line(),
            _ => Ok(()),
        }
    }

    /// Passes over the rest of a line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let end = self.rest().iter().position(|byte| *byte == b'\n');
            self.pass(end.unwrap_or(self.rest().len()));
            if end.is_some() || !self.fill()? {
                return Ok(());
            }
        }
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b'\n').next().unwrap_or(text)
}

fn count_lines(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// The offset of a line (from 1) and a column (in bytes).
fn position(text: &[u8], line: usize, column: usize) -> usize {
    let mut before = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::len);
    let lines: usize = before.by_ref().take(line.saturating_sub(1)).sum();
    lines.saturating_add(column).min(text.len())
}

/// Counts what passes.
struct Passed<R> {
    source: R,
    bytes: usize,
    last: u8,
    lines: u64,
}

impl<R: Read> Read for Passed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        let read = buffer.get(..length).unwrap_or_default();
        self.bytes = self.bytes.saturating_add(length);
        self.lines = self.lines.saturating_add(count_lines(read));
        self.last = read.last().copied().unwrap_or(self.last);
        Ok(length)
    }
}

#[cfg(test)]
mod tests;
