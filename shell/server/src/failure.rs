//! What a command could not do, and what to do about it: every refusal and failure of the program, told in one place.

use crate::node::NodeFailure;
use crate::tongue::Tongue;
use ::reconcile::{RECORDS_MAX, TEXT_BYTES_MAX};
use book::Fault;
use serde_json::{Value, json};
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The book has faults.
    #[error("the book was refused")]
    Book {
        /// Folder of the book.
        folder: PathBuf,
        /// All of them.
        faults: Vec<Fault>,
    },
    /// An argument does not mean anything.
    #[error("an argument was refused")]
    Argument {
        /// Option or argument.
        name: &'static str,
        /// What was given.
        value: String,
        /// What was expected, in English and Korean.
        expected: (&'static str, &'static str),
    },
    /// No adapter of the book takes a file of this name.
    #[error("no adapter takes the file")]
    NoAdapter {
        /// The file.
        file: PathBuf,
        /// Adapters of the book.
        adapters: Vec<String>,
    },
    /// What stands before `=` is no adapter of the book.
    #[error("there is no such adapter")]
    AdapterUnknown {
        /// What was named.
        named: String,
        /// The file.
        file: PathBuf,
        /// Adapters of the book.
        adapters: Vec<String>,
    },
    /// Nothing says when a file was received.
    #[error("nothing says when the file was received")]
    NotReceived {
        /// The file.
        file: PathBuf,
    },
    /// The output folder is there already.
    #[error("the output folder exists")]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// What is to be replaced was not written by `settle`.
    #[error("the output folder is not one of ours")]
    Foreign {
        /// The folder or file.
        folder: PathBuf,
    },
    /// A row of a table that the command was given says nothing that can be compared.
    #[error("a row was refused")]
    Row {
        /// The table.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What was expected, in English and Korean.
        expected: (&'static str, &'static str),
    },
    /// A folder or id to explain is not there.
    #[error("nothing to explain")]
    Unexplained {
        /// What was asked for.
        what: String,
        /// Where.
        folder: PathBuf,
    },
    /// An event neither counts nor waits.
    #[error("no such event counts or waits")]
    Uncounted {
        /// What was asked for.
        what: String,
        /// The book's folder.
        folder: PathBuf,
        /// The last frame that was looked at.
        until: u64,
    },
    /// A reconciliation has more records than are reconciled.
    #[error("a reconciliation has too many records")]
    ReconciliationFull {
        /// Its id.
        reconciliation: String,
    },
    /// A file or folder could not be read or written.
    #[error("{attempted} {}", path.display())]
    World {
        /// What was attempted, in English.
        attempted: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// There is no such book in the data directory.
    #[error("there is no such book")]
    NoBook {
        /// Where it would be.
        folder: PathBuf,
    },
    /// A book's node could not do what it was asked.
    #[error("the book at {}", folder.display())]
    Node {
        /// The book's folder.
        folder: PathBuf,
        /// What it could not do.
        #[source]
        failure: Box<NodeFailure>,
    },
    /// A stored file is not what this program wrote.
    #[error("the file is damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Byte at which it was noticed.
        offset: u64,
    },
}

impl Failure {
    /// Wraps an error of the world with what was attempted and with what.
    pub(crate) fn world(attempted: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::World { attempted, path, source }
    }

    /// The exit code that documentation gives for it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Book { faults, .. } if faults.iter().any(Fault::is_of_the_world) => 3,
            Self::Book { .. } | Self::Unexplained { .. } | Self::Uncounted { .. } => 1,
            Self::ReconciliationFull { .. } | Self::Row { .. } => 1,
            Self::Argument { .. } | Self::NoAdapter { .. } | Self::AdapterUnknown { .. } => 2,
            Self::NotReceived { .. } | Self::Occupied { .. } | Self::Foreign { .. } => 2,
            Self::NoBook { .. } => 2,
            Self::Node { failure, .. } => failure.exit_code(),
            Self::World { .. } | Self::Damaged { .. } => 3,
        }
    }

    /// The word for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Book { .. } => "book_refused",
            Self::Argument { .. } => "argument_refused",
            Self::NoAdapter { .. } | Self::AdapterUnknown { .. } => "adapter_unknown",
            Self::NotReceived { .. } => "received_at_unknown",
            Self::Occupied { .. } => "folder_exists",
            Self::Foreign { .. } => "folder_foreign",
            Self::Row { .. } => "row_refused",
            Self::Unexplained { .. } | Self::Uncounted { .. } => "not_found",
            Self::ReconciliationFull { .. } => "reconciliation_full",
            Self::NoBook { .. } => "book_unknown",
            Self::Node { failure, .. } => failure.code(),
            Self::World { .. } => "world_failed",
            Self::Damaged { .. } => "file_damaged",
        }
    }

    /// The message for people: what happened, where, what to do; a line each, with a line end.
    #[must_use]
    pub fn text(&self, tongue: Tongue) -> String {
        let mut text = String::new();
        for line in self.lines(tongue) {
            writeln!(text, "{line}").expect("a string takes every text");
        }
        text
    }

    /// The message for programs.
    #[must_use]
    pub fn json(&self, tongue: Tongue) -> Value {
        let faults = match self {
            Self::Book { faults, .. } => faults.iter().map(|fault| fault_json(fault, tongue)).collect(),
            _ => Vec::new(),
        };
        json!({ "error": self.code(), "exit_code": self.exit_code(), "messages": self.lines(tongue), "faults": faults })
    }

    fn lines(&self, tongue: Tongue) -> Vec<String> {
        if let Self::Book { folder, faults } = self {
            return book_lines(folder, faults, tongue);
        }
        vec![match tongue {
            Tongue::English => self.english(),
            Tongue::Korean => self.korean(),
        }]
    }

    fn english(&self) -> String {
        match self {
            Self::Book { folder, .. } => format!("{}: refused", folder.display()),
            Self::Argument { name, value, expected } => format!("{name} \"{value}\": {}", expected.0),
            Self::Row { path, line, expected } => format!("{}:{line}: {}", path.display(), expected.0),
            Self::NoAdapter { file, adapters } => {
                let (file, adapters) = (file.display(), adapters.join(", "));
                format!(
                    "{file}: no adapter takes a file of this name; say ADAPTER={file} (adapters of the book: {adapters})"
                )
            }
            Self::AdapterUnknown { named, file, adapters } => {
                let (file, adapters) = (file.display(), adapters.join(", "));
                format!("{named}={file}: the book has no adapter \"{named}\"; name one of these: {adapters}")
            }
            Self::NotReceived { file } => format!(
                "{}: nothing says when it was received; give --received-at, e.g. 2026-01-31T09:00:00+09:00, or received_at in the adapter",
                file.display()
            ),
            Self::Occupied { folder } => format!(
                "{}: exists and is not empty; name another folder, or give --replace to replace it whole",
                folder.display()
            ),
            Self::Foreign { folder } => format!(
                "{}: was not written by settle, so --replace leaves it alone; name another folder, or remove it yourself",
                folder.display()
            ),
            Self::Unexplained { what, folder } => format!(
                "{}: no event or statement line is called \"{what}\"; see the ids in exceptions.csv and statements.json",
                folder.display()
            ),
            Self::Uncounted { what, folder, until } => format!(
                "{}: up to frame {until} no event called \"{what}\" counts or waits; what was refused or held is found by inspect, which goes through the whole log",
                folder.display()
            ),
            Self::ReconciliationFull { reconciliation } => format!(
                "the reconciliation \"{reconciliation}\" has more than {RECORDS_MAX} records on a side, or more than {TEXT_BYTES_MAX} bytes of keys; narrow it with `where`, or settle fewer files"
            ),
            Self::NoBook { folder } => {
                format!(
                    "{}: there is no book; put one there with load, or check the data directory and the id",
                    folder.display()
                )
            }
            Self::Node { folder, failure } => format!("{}: {}", folder.display(), failure.told()),
            Self::World { attempted, path, source } => {
                format!("{}: {attempted} failed: {source}{}", path.display(), advice(source).0)
            }
            Self::Damaged { path, offset } => {
                format!("{}: damaged at byte {offset}; run settle again", path.display())
            }
        }
    }

    fn korean(&self) -> String {
        match self {
            Self::Book { folder, .. } => format!("{}: 거절되었습니다", folder.display()),
            Self::Argument { name, value, expected } => format!("{name} \"{value}\": {}", expected.1),
            Self::Row { path, line, expected } => format!("{}:{line}: {}", path.display(), expected.1),
            Self::NoAdapter { file, adapters } => {
                let (file, adapters) = (file.display(), adapters.join(", "));
                format!(
                    "{file}: 이 이름의 파일을 읽는 어댑터가 없습니다. 어댑터={file} 형식으로 지정하십시오 (장부의 어댑터: {adapters})"
                )
            }
            Self::AdapterUnknown { named, file, adapters } => {
                let (file, adapters) = (file.display(), adapters.join(", "));
                format!("{named}={file}: 장부에 \"{named}\" 어댑터가 없습니다. 다음 중에서 지정하십시오: {adapters}")
            }
            Self::NotReceived { file } => format!(
                "{}: 언제 수신된 파일인지 알 수 없습니다. --received-at 2026-01-31T09:00:00+09:00 처럼 지정하십시오",
                file.display()
            ),
            Self::Occupied { folder } => format!(
                "{}: 이미 존재하며 비어 있지 않습니다. 다른 폴더를 지정하거나 --replace 를 사용하십시오",
                folder.display()
            ),
            Self::Foreign { folder } => format!(
                "{}: settle 이 만든 폴더가 아니므로 --replace 로 바꾸지 않습니다. 다른 폴더를 지정하거나 직접 삭제하십시오",
                folder.display()
            ),
            Self::Unexplained { what, folder } => format!(
                "{}: \"{what}\" 에 해당하는 거래나 정산서 항목이 없습니다. exceptions.csv 와 statements.json 의 id 를 확인하십시오",
                folder.display()
            ),
            Self::Uncounted { what, folder, until } => format!(
                "{}: 프레임 {until} 까지 \"{what}\" (으)로 집계되었거나 대기 중인 거래가 없습니다. 거부되거나 보류된 거래는 로그 전체를 읽는 inspect 로 찾으십시오",
                folder.display()
            ),
            Self::ReconciliationFull { reconciliation } => format!(
                "대사 \"{reconciliation}\" 의 한쪽 기록이 {RECORDS_MAX}건을 넘거나 키가 {TEXT_BYTES_MAX}바이트를 넘습니다. `where` 로 좁히거나 파일을 나누어 정산하십시오"
            ),
            Self::NoBook { folder } => {
                format!("{}: 장부가 없습니다. load 로 넣거나 데이터 폴더와 장부 id 를 확인하십시오", folder.display())
            }
            Self::Node { folder, failure } => format!("{}: {}", folder.display(), failure.told()),
            Self::World { attempted, path, source } => {
                format!("{}: {} 실패: {source}{}", path.display(), attempted_korean(attempted), advice(source).1)
            }
            Self::Damaged { path, offset } => {
                format!("{}: {offset} 바이트에서 손상되었습니다. settle 을 다시 실행하십시오", path.display())
            }
        }
    }
}

/// What to do about an error of the world, in English and Korean, behind the message; empty where nobody can say.
fn advice(error: &std::io::Error) -> (&'static str, &'static str) {
    match error.kind() {
        ErrorKind::NotFound => ("; check the path", ". 경로를 확인하십시오"),
        ErrorKind::PermissionDenied => ("; check who may read and write it", ". 읽기와 쓰기 권한을 확인하십시오"),
        ErrorKind::IsADirectory => ("; name the files in it", ". 그 안의 파일을 지정하십시오"),
        ErrorKind::NotADirectory => ("; a part of the path is a file", ". 경로의 일부가 파일입니다"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            ("; make room on the disk", ". 디스크 공간을 확보하십시오")
        }
        _ => ("", ""),
    }
}

/// What was attempted, in Korean.
fn attempted_korean(attempted: &'static str) -> &'static str {
    match attempted {
        "reading" | "opening" => "읽기",
        "reading the folder" => "폴더 읽기",
        "writing" | "syncing" => "쓰기",
        "creating" => "만들기",
        "creating the folder" | "creating a folder in" => "폴더 만들기",
        "replacing" | "replacing the empty folder" => "바꾸기",
        "naming the finished folder" => "이름 짓기",
        "removing" => "삭제",
        other => other,
    }
}

fn book_lines(folder: &Path, faults: &[Fault], tongue: Tongue) -> Vec<String> {
    let mut lines: Vec<String> = faults.iter().map(|fault| fault.text(tongue.of_book())).collect();
    let count = faults.len();
    lines.push(match tongue {
        Tongue::English => {
            format!("{}: refused with {count} fault{}", folder.display(), if count == 1 { "" } else { "s" })
        }
        Tongue::Korean => format!("{}: 오류 {count}건으로 거절되었습니다", folder.display()),
    });
    lines
}

/// A fault of a book for programs.
pub(crate) fn fault_json(fault: &Fault, tongue: Tongue) -> Value {
    json!({
        "file": fault.file, "line": fault.line, "column": fault.column, "field": fault.field, "code": fault.code(),
        "message": fault.message(tongue.of_book()), "what_to_do": fault.what_to_do(tongue.of_book()),
    })
}
