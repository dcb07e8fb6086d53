//! Plain, gzip or zstd, told apart by the first bytes.
//!
//! A compressed file that ends early or is damaged is a fault of the file, not of the world: what was read before it
//! counts. So errors of the source below travel through the decoders in a wrapping of their own. Memory is bounded: a
//! zstd frame that asks for a window beyond 2^[`WINDOW_LOG_MAX`] bytes is refused.

use flate2::read::MultiGzDecoder;
use std::io::{self, BufReader, Cursor, Read};

/// Window of zstd frames: 32 MiB, beyond what all ordinary levels use.
const WINDOW_LOG_MAX: u32 = 25;

type Source<R> = io::Chain<Cursor<Vec<u8>>, Marked<R>>;

/// The decompressed bytes of a file.
pub(crate) enum Input<R: Read> {
    Plain(Source<R>),
    Gzip(Box<MultiGzDecoder<BufReader<Source<R>>>>),
    Zstd(Box<zstd::Decoder<'static, BufReader<Source<R>>>>),
}

/// Why no more bytes came.
pub(crate) enum Stop {
    /// The world failed.
    World(io::Error),
    /// The compressed bytes end early or make no sense.
    Damaged(String),
}

impl<R: Read> Input<R> {
    /// Looks at the first bytes and chooses.
    pub(crate) fn open(mut inner: R) -> io::Result<Self> {
        let mut first = Vec::with_capacity(4);
        inner.by_ref().take(4).read_to_end(&mut first)?;
        let (gzip, zstd) = (first.starts_with(&[0x1f, 0x8b]), first == [0x28, 0xb5, 0x2f, 0xfd]);
        let source = Cursor::new(first).chain(Marked(inner));
        if gzip {
            return Ok(Self::Gzip(Box::new(MultiGzDecoder::new(BufReader::new(source)))));
        }
        if zstd {
            let mut decoder = zstd::Decoder::new(source)?;
            decoder.window_log_max(WINDOW_LOG_MAX)?;
            return Ok(Self::Zstd(Box::new(decoder)));
        }
        Ok(Self::Plain(source))
    }

    /// Appends up to `count` bytes; false at the end. Bytes that came before a stop are appended, too.
    pub(crate) fn append(&mut self, out: &mut Vec<u8>, count: usize) -> Result<bool, Stop> {
        let before = out.len();
        // A few bytes more, so that looking for the end does not double the buffer.
        out.reserve_exact(count + 64);
        let outcome = match self {
            Self::Plain(source) => source.take(count as u64).read_to_end(out),
            Self::Gzip(decoder) => decoder.take(count as u64).read_to_end(out),
            Self::Zstd(decoder) => decoder.take(count as u64).read_to_end(out),
        };
        match outcome {
            Ok(_) => Ok(out.len() > before),
            Err(error) => Err(Stop::of(error)),
        }
    }
}

impl Stop {
    fn of(error: io::Error) -> Self {
        if !error.get_ref().is_some_and(|inner| inner.is::<WorldError>()) {
            return Self::Damaged(error.to_string());
        }
        let inner = error.into_inner().and_then(|inner| inner.downcast::<WorldError>().ok());
        Self::World(inner.expect("its type was asked for just before").0)
    }
}

/// A source whose errors can be told from those of a decoder above it.
pub(crate) struct Marked<R>(R);

/// An error of the source.
#[derive(Debug, thiserror::Error)]
#[error("the source failed")]
struct WorldError(#[source] io::Error);

impl<R: Read> Read for Marked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, WorldError(error)),
        })
    }
}
