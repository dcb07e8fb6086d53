//! `strace`: counts system calls by call and file, and makes one of them fail or kill.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Calls that change something, and how they can fail.
const CHANGING: &str = "write,writev,pwrite64,pwritev,pwritev2,fdatasync,fsync,sync_file_range,rename,renameat,renameat2,\
                        ftruncate,truncate,fallocate,unlink,unlinkat,mkdir,mkdirat,link,linkat,open,openat";

/// Calls that do not.
const READING: &str = "read,readv,pread64,preadv,preadv2,getdents64,flock,statfs,fstatfs";

const OF_NAMES: [&str; 15] = [
    "open",
    "openat",
    "mkdir",
    "mkdirat",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "statfs",
    "truncate",
    "link",
    "linkat",
    "rmdir",
    "creat",
];

const SIGKILL: i32 = 9;

/// Calls of one kind on one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) call: String,
    /// Relative to the folder that was tried, or absolute for what lies elsewhere.
    pub(crate) path: PathBuf,
    /// How many one thread makes of them.
    pub(crate) count: u32,
}

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Kill,
    Error(&'static str),
}

impl Point {
    /// Calls of one sort: files of segments, runs and snapshots differ by their numbers alone, and any input is one.
    pub(crate) fn sort(&self) -> (&str, String) {
        let path = match self.path.is_absolute() {
            true => self.path.extension().unwrap_or_default().to_string_lossy().into_owned(),
            false => self.path.to_string_lossy().replace(|digit: char| digit.is_ascii_digit(), "#"),
        };
        (&self.call, path)
    }

    pub(crate) fn changes(&self) -> bool {
        CHANGING.split(',').any(|call| call == self.call)
    }

    /// Errors that the call can be told.
    pub(crate) fn errors(&self) -> &'static [&'static str] {
        if self.changes() { &["EIO", "ENOSPC", "EDQUOT"] } else { &["EIO"] }
    }
}

/// How a command with a fault ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Whether the fault happened: a thread may make fewer calls this time.
    pub(crate) reached: bool,
    /// None where it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Whether the tests have to be skipped, which is said and counted; with `CI=true` they may not be.
pub(crate) fn is_missing() -> bool {
    let mut probe = Command::new("strace");
    probe.args(["-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", "inject=getppid:error=EIO", "true"]);
    if probe.output().is_ok_and(|output| output.status.success()) {
        return false;
    }
    let reason = "server: strace is not installed, or may not trace here";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
    writeln!(std::io::stderr(), "!!! skipped: 1 {reason}").expect("stderr is open");
    if let Some(file) = std::env::var_os("SKIPPED_TESTS") {
        let mut list = std::fs::OpenOptions::new().append(true).open(file).unwrap();
        writeln!(list, "{reason}").unwrap();
    }
    true
}

/// `strace` of a command, still without what is traced.
fn tracing(command: &Command, trace: &Path, options: &[&str]) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-qqq", "-o"]).arg(trace).args(options);
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        strace.env(name, value.unwrap_or_default());
    }
    strace
}

/// Runs a command without faults and counts its calls on what lies in `folder` or below one of `inputs`.
pub(crate) fn count(command: &Command, folder: &Path, inputs: &[PathBuf], trace: &Path) -> Vec<Point> {
    let calls = format!("trace={CHANGING},{READING}");
    let output = tracing(command, trace, &["--seccomp-bpf", "-e", &calls]).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", told(&output).err);
    let mut counts: BTreeMap<(String, PathBuf), BTreeMap<String, u32>> = BTreeMap::new();
    for line in std::fs::read_to_string(trace).unwrap().lines() {
        let Some((thread, call, path)) = call_of(line) else { continue };
        let path = match path.strip_prefix(folder) {
            Ok(inside) => inside.to_owned(),
            Err(_) if inputs.iter().any(|input| path.starts_with(input)) => path,
            Err(_) => continue,
        };
        *counts.entry((call, path)).or_default().entry(thread).or_default() += 1;
    }
    let of_one = |threads: BTreeMap<String, u32>| threads.into_values().max().unwrap_or(0);
    counts.into_iter().map(|((call, path), threads)| Point { call, path, count: of_one(threads) }).collect()
}

/// Thread, call and file of a line like `17  fdatasync(4</a/b>) = 0` or `17  openat(AT_FDCWD</a>, "/a/b", O_RDONLY) = 3`.
fn call_of(line: &str) -> Option<(String, String, PathBuf)> {
    let (thread, rest) = line.split_once(' ')?;
    let (call, rest) = rest.trim_start().split_once('(')?;
    if !call.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let path =
        if OF_NAMES.contains(&call) { rest.split('"').nth(1)? } else { rest.split_once('<')?.1.split('>').next()? };
    Some((thread.to_owned(), call.to_owned(), path.into()))
}

/// Runs a command with a fault at the `nth` call of a kind on a file.
pub(crate) fn inject(command: &Command, folder: &Path, point: &Point, nth: u32, fault: Fault, trace: &Path) -> Ended {
    let call = &point.call;
    let what = match fault {
        Fault::Kill => "signal=SIGKILL".to_owned(),
        Fault::Error(error) => format!("error={error}"),
    };
    // A folder's own path would end with a slash otherwise.
    let path = if point.path.as_os_str().is_empty() { folder.to_owned() } else { folder.join(&point.path) };
    let (traced, injected) = (format!("trace={call}"), format!("inject={call}:{what}:when={nth}"));
    let path = path.to_str().expect("paths of tests are text");
    // Where only calls that are traced stop, a signal would be lost.
    let stopping: &[&str] = if fault == Fault::Kill { &[] } else { &["--seccomp-bpf"] };
    let options = [stopping, &["-P", path, "-e", &traced, "-e", &injected]].concat();
    let output = tracing(command, trace, &options).output().unwrap();
    let mut ended = told(&output);
    let trace = std::fs::read_to_string(trace).unwrap_or_default();
    ended.reached = trace.contains("(INJECTED)") || output.status.signal() == Some(SIGKILL);
    ended
}

fn told(output: &Output) -> Ended {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { reached: false, code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

#[test]
fn lines_of_a_trace_are_understood() {
    let call = |line| call_of(line).map(|(_, call, path)| (call, path.display().to_string()));
    let found = |call: &str, path: &str| Some((call.to_owned(), path.to_owned()));
    assert_eq!(call("7  fdatasync(4</a/b c>) = 0"), found("fdatasync", "/a/b c"));
    assert_eq!(call("7  openat(AT_FDCWD</w>, \"/a/b\", O_RDONLY) = 3</a/b>"), found("openat", "/a/b"));
    assert_eq!(call("7  rename(\"/a\", \"/b\" <unfinished ...>"), found("rename", "/a"));
    assert_eq!(call("7  <... rename resumed>) = 0"), None);
    assert_eq!(call("7  +++ exited with 0 +++"), None);
}
