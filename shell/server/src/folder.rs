//! The output folder: it appears whole or not at all.
//!
//! Everything is written to a folder beside it, synced, and renamed at the end. A run that stops before leaves nothing
//! under the name that was asked for; what it leaves beside it is removed by the guard, or by hand after a power cut.

use crate::failure::Failure;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A file that stands in every folder that was written here and hardly in any other.
const OWN_FILE: &str = "book.lock/lock.json";

/// A folder in the making.
#[derive(Debug)]
pub(crate) struct Staging {
    folder: TempDir,
    target: PathBuf,
    replace: bool,
}

impl Staging {
    /// Begins a folder that will be called `target`, and refuses at once where it could not take that name.
    pub(crate) fn begin(target: &Path, replace: bool) -> Result<Self, Failure> {
        if is_occupied(target)? {
            let folder = target.to_owned();
            if !replace {
                return Err(Failure::Occupied { folder });
            }
            // A slip of the pen must not cost somebody a folder of other things.
            if !target.join(OWN_FILE).is_file() {
                return Err(Failure::Foreign { folder });
            }
        }
        let parent = parent_of(target);
        fs::create_dir_all(&parent).map_err(Failure::world("creating the folder", &parent))?;
        let folder = tempfile::Builder::new()
            .prefix(".jeongsan-")
            .tempdir_in(&parent)
            .map_err(Failure::world("creating a folder in", &parent))?;
        Ok(Self { folder, target: target.to_owned(), replace })
    }

    /// Where files are written meanwhile.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where a file below the folder goes; the folders on the way to it are made.
    pub(crate) fn place(&self, relative: &str) -> Result<PathBuf, Failure> {
        let path = self.path().join(relative);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Failure::world("creating the folder", parent))?;
        }
        Ok(path)
    }

    /// Writes a whole file below the folder.
    pub(crate) fn write(&self, relative: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.place(relative)?;
        fs::write(&path, bytes).map_err(Failure::world("writing", &path))
    }

    /// Gives the folder its name.
    pub(crate) fn publish(self) -> Result<(), Failure> {
        let Self { folder, target, replace } = self;
        let parent = parent_of(&target);
        sync(folder.path())?;
        let staged = folder.keep();
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&staged, permissions).map_err(Failure::world("writing", &staged))?;
        if replace && target.exists() {
            let old = tempfile::Builder::new()
                .prefix(".jeongsan-old-")
                .tempdir_in(&parent)
                .map_err(Failure::world("creating a folder in", &parent))?;
            fs::rename(&target, old.path().join("replaced")).map_err(Failure::world("replacing", &target))?;
        } else if target.exists() {
            // Empty, as was asked for at the beginning: a rename replaces only an empty folder, never a filled one.
            fs::remove_dir(&target).map_err(Failure::world("replacing the empty folder", &target))?;
        }
        fs::rename(&staged, &target).map_err(Failure::world("naming the finished folder", &target))?;
        sync(&parent)
    }
}

fn is_occupied(target: &Path) -> Result<bool, Failure> {
    match fs::read_dir(target) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory && target.symlink_metadata().is_ok() => {
            Ok(true)
        }
        Err(error) => Err(Failure::world("reading the folder", target)(error)),
    }
}

fn parent_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn sync(folder: &Path) -> Result<(), Failure> {
    let open = File::open(folder).map_err(Failure::world("opening", folder))?;
    open.sync_all().map_err(Failure::world("syncing", folder))
}
