//! Anchors in files: writing them once, and reading them beside a ledger.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use deal::moment::Moment;
use ledger::checkpoint::{ANCHOR, Anchor, checkpoint};
use ledger::store::Store;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::place::Access;
use crate::private_file;

/// The longest line of a heads file is an id of 300 bytes with a version and a hash.
const MAX_LINE: u64 = 4_096;

/// The heads file beside an anchor.
fn heads_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".heads");
    PathBuf::from(name)
}

/// Writes an anchor and its heads. Neither may exist: an anchor is worth something because nobody writes over it. The
/// anchor comes last, so that it never stands for heads that are not there.
pub async fn make(context: &mut Context<'_>, file: &Path) -> Result<Exit, Failure> {
    let heads = heads_of(file);
    let failed = |path: &Path, error: io::Error| {
        let exists = error.kind() == io::ErrorKind::AlreadyExists;
        let failure = Failure::new(attempt(path)).because(error);
        if exists { failure.hint("name another file: a checkpoint replaces none") } else { failure }
    };
    if file.exists() {
        return Err(failed(file, io::ErrorKind::AlreadyExists.into()));
    }
    let store = context.store(Access::Read).await?;
    let lines = private_file::create_new(&heads).map_err(|error| failed(&heads, error))?;
    let anchor =
        write(&*store, context.clock().now(), file, &heads, lines).await.inspect_err(|_| {
            // What is not whole must not stand in the way of the next try.
            let _ = std::fs::remove_file(&heads);
        })?;
    if context.output.is_json() {
        context.output.json(&anchor)?;
    } else {
        context.output.note(&format!(
            "Anchored {} events in {} streams, and {} notifications. Keep `{}` where nobody who writes the ledger can \
             change it.",
            anchor.events,
            anchor.streams.count,
            anchor.notifications.count,
            file.display()
        ));
    }
    Ok(Exit::Done)
}

/// Writes the heads, then the anchor.
async fn write(
    store: &dyn Store,
    now: Moment,
    file: &Path,
    heads: &Path,
    lines: File,
) -> Result<Anchor, Failure> {
    let failed = |path: &Path, error: io::Error| Failure::new(attempt(path)).because(error);
    let mut lines = BufWriter::new(lines);
    let made = checkpoint(store, now, &mut |line| writeln!(lines, "{line}"), &mut |_| {}).await;
    let anchor = made.map_err(|error| Failure::new(attempt(heads)).because(error))?;
    let written = lines.into_inner().map_err(io::IntoInnerError::into_error);
    written.and_then(|file| file.sync_all()).map_err(|error| failed(heads, error))?;
    let text = serde_json::to_string_pretty(&anchor)
        .map_err(|error| Failure::new(attempt(file)).because(error))?;
    let written = private_file::create_new(file).and_then(|mut file| {
        writeln!(file, "{text}")?;
        file.sync_all()
    });
    written.map_err(|error| failed(file, error))?;
    Ok(anchor)
}

fn attempt(path: &Path) -> String {
    format!("could not write `{}`", path.display())
}

/// The lines of a heads file.
pub type Lines = Box<dyn FnMut() -> io::Result<Option<String>> + Send>;

/// Reads an anchor alone.
pub fn read_alone(file: &Path) -> Result<Anchor, Failure> {
    let attempt = |path: &Path| format!("could not read the anchor `{}`", path.display());
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(attempt(file)).because(error))?;
    let anchor: Anchor = serde_json::from_str(&text).map_err(|error| {
        Failure::new(attempt(file)).because(error).hint(
            "name the file that `resold ledger checkpoint` wrote, not the one that ends in .heads",
        )
    })?;
    if anchor.format != ANCHOR {
        return Err(Failure::new(format!("{}: its format is `{}`", attempt(file), anchor.format))
            .hint(format!("this version of resold reads `{ANCHOR}`")));
    }
    Ok(anchor)
}

/// The anchor that a path names: a file, or the latest one in a folder of them.
pub fn latest(path: &Path) -> Result<PathBuf, Failure> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let attempt = || format!("could not look for anchors in `{}`", path.display());
    let failed = |error: io::Error| Failure::new(attempt()).because(error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if heads_of(&file).is_file() {
            found.push((read_alone(&file)?.made_at, file));
        }
    }
    let latest = found.into_iter().max().map(|(_, file)| file);
    latest.ok_or_else(|| {
        Failure::new(attempt())
            .because("no file there has its heads beside it")
            .hint("`resold ledger checkpoint FILE` makes an anchor")
    })
}

/// Reads an anchor, and opens the heads beside it.
pub fn read(file: &Path) -> Result<(Anchor, Lines), Failure> {
    let anchor = read_alone(file)?;
    let heads = heads_of(file);
    let heads = File::open(&heads).map_err(|error| {
        Failure::new(format!("could not read the heads `{}`", heads.display()))
            .because(error)
            .hint("put the heads file beside its anchor")
    })?;
    let mut heads = BufReader::new(heads);
    Ok((anchor, Box::new(move || line(&mut heads))))
}

fn line(heads: &mut BufReader<File>) -> io::Result<Option<String>> {
    let mut line = String::new();
    if io::Read::take(&mut *heads, MAX_LINE).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    line.truncate(line.trim_end_matches('\n').len());
    Ok(Some(line))
}
