//! A folder of the operating system as a [`Disk`].
//!
//! One process at a time opens a book's folder for writing: [`Folder::open`] holds a lock on the file `lock` for as long as
//! the folder lives. The lock goes with the process, however it ends.

use crate::disk::{Disk, DiskFailure};
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";

/// A folder of the operating system.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Held, not used. Absent where the folder is only read.
    lock: Option<File>,
}

/// A file of a [`Folder`].
#[derive(Debug)]
pub struct FolderFile {
    file: File,
    path: Box<str>,
}

impl Folder {
    /// Opens a folder for writing; makes it where it is not there.
    ///
    /// # Errors
    /// Where another process has it open, and what the system says.
    pub fn open(root: &Path) -> Result<Self, DiskFailure> {
        let path = root.join(LOCK).display().to_string();
        fs::create_dir_all(root).map_err(failed("making folder", &root.display().to_string()))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let lock = options.open(&path).map_err(failed("opening", &path))?;
        lock.try_lock().map_err(|refused| {
            let source = match refused {
                TryLockError::WouldBlock => io::Error::new(ErrorKind::WouldBlock, "another process has this book open"),
                TryLockError::Error(source) => source,
            };
            failed("locking", &path)(source)
        })?;
        Ok(Self { root: root.to_path_buf(), lock: Some(lock) })
    }

    /// Looks into a folder; others may have it open. Nothing can be changed.
    #[must_use]
    pub fn look(root: &Path) -> Self {
        Self { root: root.to_path_buf(), lock: None }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whoever only looks changes no names either.
    fn may_change(&self) -> io::Result<()> {
        let refused = || io::Error::new(ErrorKind::PermissionDenied, "the folder was opened for reading only");
        self.lock.as_ref().map(|_| ()).ok_or_else(refused)
    }

    fn path(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }

    /// Opens a file; whoever only looks can open it for reading only.
    fn open_with(&self, options: &mut OpenOptions, path: &str) -> io::Result<FolderFile> {
        let file = options.read(true).write(self.lock.is_some()).open(self.path(path))?;
        Ok(FolderFile { file, path: path.into() })
    }
}

impl Disk for Folder {
    type File = FolderFile;

    fn create(&self, path: &str) -> Result<FolderFile, DiskFailure> {
        let created = self.may_change().and_then(|()| self.open_with(OpenOptions::new().create_new(true), path));
        created.map_err(failed("creating", path))
    }

    fn open(&self, path: &str) -> Result<FolderFile, DiskFailure> {
        self.open_with(&mut OpenOptions::new(), path).map_err(failed("opening", path))
    }

    fn length(&self, file: &FolderFile) -> Result<u64, DiskFailure> {
        Ok(file.file.metadata().map_err(failed("measuring", &file.path))?.len())
    }

    fn read_at(&self, file: &FolderFile, into: &mut [u8], offset: u64) -> Result<usize, DiskFailure> {
        let mut done = 0;
        while done < into.len() {
            match file.file.read_at(&mut into[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(more) => done += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failed("reading", &file.path)(error)),
            }
        }
        Ok(done)
    }

    fn write_at(&self, file: &FolderFile, bytes: &[u8], offset: u64) -> Result<(), DiskFailure> {
        file.file.write_all_at(bytes, offset).map_err(failed("writing", &file.path))
    }

    fn reserve(&self, file: &FolderFile, length: u64) -> Result<(), DiskFailure> {
        let reserved = loop {
            match fallocate(&file.file, FallocateFlags::empty(), 0, length) {
                Err(Errno::INTR) => {}
                // Not every file system can; then the writes find out whether there is room.
                Err(Errno::OPNOTSUPP) => break file.file.set_len(length.max(self.length(file)?)),
                reserved => break reserved.map_err(io::Error::from),
            }
        };
        reserved.map_err(failed("reserving room for", &file.path))
    }

    fn sync(&self, file: &FolderFile) -> Result<(), DiskFailure> {
        file.file.sync_data().map_err(failed("syncing", &file.path))
    }

    fn truncate(&self, file: &FolderFile, length: u64) -> Result<(), DiskFailure> {
        file.file.set_len(length).map_err(failed("cutting", &file.path))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskFailure> {
        let renamed = self.may_change().and_then(|()| fs::rename(self.path(from), self.path(to)));
        renamed.map_err(failed("renaming", from))
    }

    fn remove(&self, path: &str) -> Result<(), DiskFailure> {
        let removed = self.may_change().and_then(|()| fs::remove_file(self.path(path)));
        removed.map_err(failed("removing", path))
    }

    fn create_folder(&self, path: &str) -> Result<(), DiskFailure> {
        let made = self.may_change().and_then(|()| fs::create_dir_all(self.path(path)));
        made.map_err(failed("making folder", path))
    }

    fn sync_folder(&self, path: &str) -> Result<(), DiskFailure> {
        let synced = File::open(self.path(path)).and_then(|folder| folder.sync_all());
        synced.map_err(failed("syncing folder", path))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, DiskFailure> {
        names_of(&self.path(path)).map_err(failed("listing", path))
    }

    fn free_bytes(&self) -> Result<u64, DiskFailure> {
        let said = rustix::fs::statvfs(&self.root).map_err(|error| failed("asking for room in", "")(error.into()))?;
        Ok(said.f_bavail.saturating_mul(said.f_frsize))
    }
}

fn names_of(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(names),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let name = entry.file_name().into_string();
            names.push(name.map_err(|name| io::Error::other(format!("{} is no name of ours", name.display())))?);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn failed(attempted: &'static str, path: &str) -> impl Fn(io::Error) -> DiskFailure {
    move |source| DiskFailure { attempted, path: path.into(), source }
}

/// Lets the calling thread run on what the others leave of the processors, as far as the system permits it.
pub fn step_back() {
    // The lowest of the system's priorities.
    let _ = rustix::process::nice(19);
}
