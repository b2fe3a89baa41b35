//! What makes reading thousands of small entries of a zip cheap: a window on the file that a seek does not
//! empty, and one inflating state for all entries.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use flate2::{Crc, Decompress, FlushDecompress, Status};
use zip::CompressionMethod;

/// How much of a file is read at once.
const WINDOW: usize = 128 << 10;
/// How much of an entry is inflated at once.
const INPUT: usize = 32 << 10;

/// A file of which a part is held; seeking within that part costs nothing.
pub(super) struct Window {
    file: File,
    size: u64,
    /// Where the next byte is read.
    at: u64,
    /// Where the held part begins.
    start: u64,
    held: Vec<u8>,
    /// Where the file itself stands, as far as that is known.
    cursor: u64,
}

impl Window {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self {
            file,
            size,
            at: 0,
            start: 0,
            held: Vec::new(),
            cursor: u64::MAX, // wherever it was left
        })
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// What is held from where the next byte is read.
    fn rest(&self) -> &[u8] {
        let skip = self.at.checked_sub(self.start);
        let skip = skip.and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.held.get(skip..)).unwrap_or(&[])
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.cursor != self.at {
            self.cursor = self.file.seek(SeekFrom::Start(self.at))?;
        }
        let wanted = self.size.saturating_sub(self.at).min(WINDOW as u64);
        self.held.clear();
        self.start = self.at;
        let file = &mut self.file;
        let read = file.take(wanted).read_to_end(&mut self.held)?;
        self.cursor += read as u64;
        Ok(())
    }
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest().is_empty() {
            self.fill()?;
        }
        let rest = self.rest();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Inflates one entry after the other.
pub(super) struct Inflater {
    state: Decompress,
    input: Vec<u8>,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self {
            state: Decompress::new(false),
            input: Vec::new(),
        }
    }

    /// The content of an entry, given what the zip holds of it. At its end the checksum must hold.
    pub(super) fn read<R: Read>(
        &mut self,
        raw: R,
        method: CompressionMethod,
        crc: u32,
    ) -> Inflated<'_, R> {
        self.state.reset(false);
        self.input.clear();
        Inflated {
            of: self,
            raw,
            method,
            wanted: crc,
            crc: Crc::new(),
            used: 0,
            done: false,
        }
    }
}

/// The content of an entry.
pub(super) struct Inflated<'a, R> {
    of: &'a mut Inflater,
    raw: R,
    method: CompressionMethod,
    wanted: u32,
    crc: Crc,
    /// How much of the input is used.
    used: usize,
    done: bool,
}

impl<R: Read> Inflated<'_, R> {
    fn inflate(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Inflater { state, input } = &mut *self.of;
        loop {
            if self.used == input.len() {
                input.clear();
                self.used = 0;
                (&mut self.raw).take(INPUT as u64).read_to_end(input)?;
            }
            let (before_in, before_out) = (state.total_in(), state.total_out());
            let rest = input.get(self.used..).unwrap_or(&[]);
            let flush = match rest.is_empty() {
                true => FlushDecompress::Finish,
                false => FlushDecompress::None,
            };
            let status = state.decompress(rest, buffer, flush);
            let status = status.map_err(|error| invalid(&error.to_string()))?;
            let (taken, given) = (state.total_in() - before_in, state.total_out() - before_out);
            self.used += usize::try_from(taken).unwrap_or(usize::MAX);
            self.done = status == Status::StreamEnd;
            if given > 0 || self.done {
                return Ok(usize::try_from(given).unwrap_or(usize::MAX));
            }
            if rest.is_empty() || taken == 0 {
                return Err(invalid("the compressed data is cut short"));
            }
        }
    }
}

impl<R: Read> Read for Inflated<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = match self.method {
            _ if self.done => 0,
            CompressionMethod::Stored => self.raw.read(buffer)?,
            CompressionMethod::Deflated => self.inflate(buffer)?,
            method => {
                return Err(invalid(&format!(
                    "compressed as {method}, which no module zip is"
                )));
            }
        };
        self.crc.update(buffer.get(..count).unwrap_or_default());
        if count == 0 && self.crc.sum() != self.wanted {
            return Err(invalid("its checksum does not hold"));
        }
        Ok(count)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use super::*;

    fn deflated(content: &[u8]) -> (Vec<u8>, u32) {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(content).unwrap();
        let mut crc = Crc::new();
        crc.update(content);
        (out.finish().unwrap(), crc.sum())
    }

    fn all(raw: &[u8], method: CompressionMethod, crc: u32) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        let mut inflater = Inflater::new();
        inflater.read(raw, method, crc).read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn contents_and_what_is_wrong_with_them() {
        let large: Vec<u8> = (0..300_000_u32)
            .flat_map(|n| n.wrapping_mul(n).to_le_bytes())
            .collect();
        for content in [&b""[..], b"x", &large, &vec![7; 5 << 20]] {
            let (raw, crc) = deflated(content);
            assert!(all(&raw, CompressionMethod::Deflated, crc).unwrap() == content);
            assert!(all(content, CompressionMethod::Stored, crc).unwrap() == content);
            assert!(all(&raw, CompressionMethod::Deflated, crc ^ 1).is_err());
            assert!(all(content, CompressionMethod::Stored, crc ^ 1).is_err());
            assert!(all(&raw[..raw.len() - 1], CompressionMethod::Deflated, crc).is_err());
            // What stands behind the end of the data is passed over, as in Go.
            let more = [&raw[..], b"more"].concat();
            assert!(all(&more, CompressionMethod::Deflated, crc).unwrap() == content);
        }
        assert!(all(b"nonsense", CompressionMethod::Deflated, 0).is_err());
    }

    #[test]
    fn a_window_reads_what_the_file_holds() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..WINDOW as u32).flat_map(u32::to_le_bytes).collect();
        file.write_all(&bytes).unwrap();
        let mut window = Window::new(file).unwrap();
        let mut part = [0; 100];
        for at in [0, 50, WINDOW - 10, 3, bytes.len() - 100, 2 * WINDOW, 20] {
            window.seek(SeekFrom::Start(at as u64)).unwrap();
            window.read_exact(&mut part).unwrap();
            assert!(part == bytes[at..at + 100], "{at}");
        }
        window.seek(SeekFrom::End(10)).unwrap();
        assert_eq!(window.read(&mut part).unwrap(), 0);
        window.seek(SeekFrom::End(-1)).unwrap();
        assert_eq!(window.read(&mut part).unwrap(), 1);
        assert!(window.seek(SeekFrom::Current(-1 << 40)).is_err());
    }
}
