//! What the paths on the command line name.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// One input: a file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is called in messages.
    pub name: String,
    /// None: standard input.
    path: Option<PathBuf>,
    /// How many bytes it has; none: that is known at its end only.
    pub size: Option<u64>,
}

/// The inputs that paths name, and the folders among them in which there is none.
#[derive(Debug, Default)]
pub struct Sources {
    /// In the order of the paths; of a folder, in the order of names.
    pub inputs: Vec<Source>,
    /// Folders without any.
    pub empty: Vec<PathBuf>,
}

impl Sources {
    /// Looks at every path before anything is read, so that a wrong one is told before anything is done.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut sources = Self::default();
        for path in paths {
            if path == Path::new("-") {
                let name = "standard input".to_owned();
                sources.inputs.push(Source { name, path: None, size: None });
            } else if path.is_dir() {
                let before = sources.inputs.len();
                below(path, &mut sources.inputs)?;
                if sources.inputs.len() == before {
                    sources.empty.push(path.clone());
                }
            } else {
                sources.inputs.push(file(path)?);
            }
        }
        Ok(sources)
    }

    /// How many bytes all of them have, if that is known.
    pub fn size(&self) -> Option<u64> {
        self.inputs.iter().map(|input| input.size).sum()
    }
}

impl Source {
    /// Opens it.
    pub fn open(&self) -> Result<Box<dyn Read>, Failure> {
        match &self.path {
            None => Ok(Box::new(io::stdin())),
            Some(path) => Ok(Box::new(File::open(path).map_err(|error| self.failed(error))?)),
        }
    }

    /// That it could not be read, and why.
    pub fn failed(&self, error: io::Error) -> Failure {
        Failure::new(format!("could not read `{}`", self.name)).because(error)
    }
}

/// A file that can be opened. What is not a plain file (a pipe has a name too) is opened once only, when it is read.
fn file(path: &Path) -> Result<Source, Failure> {
    let name = path.display().to_string();
    let mut source = Source { name, path: Some(path.to_owned()), size: None };
    let data = fs::metadata(path).map_err(|error| source.failed(error))?;
    if data.is_file() {
        source.size = Some(data.len());
        source.open()?;
    }
    Ok(source)
}

/// The documents in a folder and the folders in it. A link to a folder is not followed: it may lead back.
fn below(folder: &Path, inputs: &mut Vec<Source>) -> Result<(), Failure> {
    let failed = |error| {
        Failure::new(format!("could not read the folder `{}`", folder.display())).because(error)
    };
    let entries: io::Result<Vec<fs::DirEntry>> = fs::read_dir(folder).map_err(failed)?.collect();
    let mut entries = entries.map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            below(&path, inputs)?;
        } else if is_document(&path) && !path.is_dir() {
            inputs.push(file(&path)?);
        }
    }
    Ok(())
}

fn is_document(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str());
    end.is_some_and(|end| {
        ["json", "jsonl", "ndjson"].iter().any(|known| end.eq_ignore_ascii_case(known))
    })
}
