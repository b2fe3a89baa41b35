//! The directory at the end of a zip, read strictly: whoever reads the zip by the rules of the format has to see the
//! same files.
//!
//! Readers differ in what they make of a zip that bends the format: which of two directories counts, how many entries
//! it has, which of two names. The go command extracts what *its* reader sees, so a zip in which another could see something
//! else is refused before it is hashed. Zips that the go command makes bend nothing: one directory up to
//! the end of the file, no comment, one disk, no sizes of 64 bits.

use std::io::{self, Read, Seek, SeekFrom};

const END: usize = 22;
const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const ENTRY: usize = 46;
const ENTRY_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
/// Extra fields that change what an entry is: 64-bit sizes, and Info-ZIP's second name.
const MISLEADING: [u16; 2] = [0x0001, 0x7075];

/// An entry of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: Vec<u8>,
    /// Where its own header begins.
    pub(super) offset: u64,
}

/// The entries of a zip of so many bytes, in the order of its directory.
///
/// # Errors
/// What is ambiguous or malformed, in words; reading errors as such.
pub(super) fn entries(
    zip: &mut (impl Read + Seek),
    size: u64,
) -> io::Result<Result<Vec<Listed>, &'static str>> {
    let Some(end_at) = size.checked_sub(END as u64) else {
        return Ok(Err("the end of the directory is missing"));
    };
    zip.seek(SeekFrom::Start(end_at))?;
    let mut end = [0; END];
    zip.read_exact(&mut end)?;
    if end[..4] != END_SIGNATURE || short(&end, 20) != 0 {
        return Ok(Err("the directory does not end with the file"));
    }
    let count = short(&end, 10);
    let (length, start) = (u64::from(long(&end, 12)), u64::from(long(&end, 16)));
    if short(&end, 4) != 0 || short(&end, 6) != 0 || short(&end, 8) != count {
        return Ok(Err("it is spread over several disks"));
    }
    if count == u16::MAX || start + length != end_at {
        return Ok(Err("the directory is not where the file says"));
    }
    zip.seek(SeekFrom::Start(start))?;
    let mut directory = Vec::new();
    zip.take(length).read_to_end(&mut directory)?;
    let mut rest = directory.as_slice();
    let mut found = Vec::with_capacity(usize::from(count));
    while !rest.is_empty() {
        match entry(&mut rest) {
            Ok(listed) => found.push(listed),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    if found.len() != usize::from(count) {
        return Ok(Err(
            "the directory has another number of entries than it says",
        ));
    }
    Ok(Ok(found))
}

/// Takes one entry off the directory.
fn entry(rest: &mut &[u8]) -> Result<Listed, &'static str> {
    const CUT: &str = "an entry of the directory is cut off";
    let (header, behind) = rest.split_at_checked(ENTRY).ok_or(CUT)?;
    if header[..4] != ENTRY_SIGNATURE {
        return Err("something else than entries stands in the directory");
    }
    let length = |at| usize::from(short(header, at));
    let (name, behind) = behind.split_at_checked(length(28)).ok_or(CUT)?;
    let (mut extra, behind) = behind.split_at_checked(length(30)).ok_or(CUT)?;
    let (_comment, behind) = behind.split_at_checked(length(32)).ok_or(CUT)?;
    *rest = behind;
    // What is too short for a field is padding.
    while let Some((field, behind)) = extra.split_at_checked(4) {
        if MISLEADING.contains(&short(field, 0)) {
            return Err("an extra field changes what an entry is");
        }
        extra = behind.get(usize::from(short(field, 2))..).unwrap_or(&[]);
    }
    let sizes = [long(header, 20), long(header, 24), long(header, 42)];
    if short(header, 34) != 0 || sizes.contains(&u32::MAX) {
        return Err("an entry lies on another disk, or has sizes of 64 bits");
    }
    Ok(Listed {
        name: name.to_vec(),
        offset: u64::from(long(header, 42)),
    })
}

fn short(bytes: &[u8], at: usize) -> u16 {
    let two = bytes.get(at..at + 2).and_then(|two| two.try_into().ok());
    two.map_or(0, u16::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map_or(0, u32::from_le_bytes)
}
