//! Records that are the elements of an array in one JSON document, or its only object.
//!
//! A machine over bytes with constant memory, whatever stands beside the array. It knows strings and brackets only; the
//! reader checks each element. Beside the array it checks as much as it needs to find its way.

use super::Cut;
use crate::split::Chunk;
use event::{Code, EVIDENCE_CHARS_MAX};
use memchr::memchr2;

pub(super) struct DocumentCutter {
    /// Names to follow from the root object to the array.
    path: Vec<Box<str>>,
    /// How many of them have been followed.
    followed: usize,
    state: State,
    /// The name that is being read, as far as it matters.
    key: Vec<u8>,
    in_string: bool,
    escaped: bool,
    /// Open brackets of the value that is being passed over.
    depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the root value.
    Root,
    /// Before a name in an object of the path.
    Name,
    /// Inside it, and before its colon.
    NameEnd,
    /// Before its value; true: the path leads there.
    Value(bool),
    /// Inside a value beside the path.
    Beside,
    /// Behind it.
    BesideEnd,
    /// Before an element; true: the array may end instead.
    Element(bool),
    /// Inside an element.
    Inside,
    /// Behind an element.
    ElementEnd,
    /// Behind the array, inside the objects of the path.
    Tail,
    /// Behind the root value.
    End,
    /// Something was not as it must be; nothing behind it can be trusted.
    Broken,
}

impl DocumentCutter {
    pub(super) fn new(rows: Option<&str>) -> Self {
        let path = rows.map_or_else(Vec::new, |rows| rows.split('.').map(Into::into).collect());
        Self { path, followed: 0, state: State::Root, key: Vec::new(), in_string: false, escaped: false, depth: 0 }
    }

    /// Looks at the bytes from `cut.at` on, until all are looked at or the chunk is full.
    pub(super) fn scan(&mut self, cut: &mut Cut, out: &mut Chunk) {
        // The bytes are lent out of the chunk while its lists grow.
        let bytes = std::mem::take(&mut out.bytes);
        self.scan_bytes(&bytes, cut, out);
        out.bytes = bytes;
    }

    fn scan_bytes(&mut self, bytes: &[u8], cut: &mut Cut, out: &mut Chunk) {
        while let Some(&byte) = bytes.get(cut.at) {
            if self.in_string {
                self.pass_string(bytes, cut, out);
            } else if self.state == State::Inside {
                self.pass_element(bytes, cut, out);
            } else {
                self.pass_between(byte, cut, out);
            }
            if self.state == State::ElementEnd && cut.is_full(out) {
                return;
            }
        }
        if self.state != State::Inside {
            cut.skip(cut.at);
        }
    }

    /// Inside a string: up to its closing quote or the end of the bytes.
    fn pass_string(&mut self, bytes: &[u8], cut: &mut Cut, out: &mut Chunk) {
        let rest = &bytes[cut.at..];
        let length = if self.escaped { 1 } else { memchr2(b'"', b'\\', rest).map_or(rest.len(), |place| place + 1) };
        if self.state == State::NameEnd && self.key.len() <= EVIDENCE_CHARS_MAX {
            self.key.extend_from_slice(&rest[..length.min(EVIDENCE_CHARS_MAX)]);
        }
        match (self.escaped, rest[length - 1]) {
            (true, _) => self.escaped = false,
            (false, b'\\') => self.escaped = true,
            (false, b'"') => self.in_string = false,
            _ => {}
        }
        cut.at += length;
        if !self.in_string && self.state == State::Inside && self.depth == 0 {
            self.close_element(bytes, cut, out);
        }
    }

    /// One byte inside an element, no string.
    fn pass_element(&mut self, bytes: &[u8], cut: &mut Cut, out: &mut Chunk) {
        match bytes[cut.at] {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                if self.depth == 0 {
                    cut.at += 1;
                    return self.close_element(bytes, cut, out);
                }
            }
            // A number or word ends before what cannot be part of it.
            b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                return self.close_element(bytes, cut, out);
            }
            _ => {}
        }
        cut.at += 1;
    }

    fn close_element(&mut self, bytes: &[u8], cut: &mut Cut, out: &mut Chunk) {
        cut.line += 1;
        let is_root = self.followed == usize::MAX;
        self.state = if is_root { State::End } else { State::ElementEnd };
        cut.close(bytes, out, cut.at, cut.at);
    }

    /// One byte outside elements and strings.
    fn pass_between(&mut self, byte: u8, cut: &mut Cut, out: &mut Chunk) {
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            if self.state == State::Beside && self.depth == 0 {
                self.state = State::BesideEnd;
            }
            cut.at += 1;
            return;
        }
        let next = match (self.state, byte) {
            (State::Root, b'[') if self.path.is_empty() => Ok(State::Element(true)),
            (State::Root, b'{') if self.path.is_empty() => {
                self.followed = usize::MAX;
                return self.begin_element(cut);
            }
            (State::Root, b'{') => Ok(State::Name),
            (State::Root, _) => Err("an array or an object"),
            (State::Element(true), b']') | (State::ElementEnd, b']') => Ok(self.behind_array()),
            (State::Element(_), b',' | b']' | b'}' | b':') => Err("an element"),
            (State::Element(_), _) => return self.begin_element(cut),
            (State::ElementEnd, b',') => Ok(State::Element(false)),
            (State::ElementEnd, _) => Err("a comma or the end of the array"),
            (State::Tail, _) => Ok(self.pass_tail(byte)),
            (State::End, _) => Err("the end of the document"),
            (State::Broken, _) => Ok(State::Broken),
            _ => self.pass_path(byte),
        };
        self.state = next.unwrap_or_else(|expected| self.break_off(byte, expected, cut, out));
        cut.at += 1;
    }

    fn begin_element(&mut self, cut: &mut Cut) {
        self.state = State::Inside;
        self.depth = 0;
        cut.skip(cut.at);
    }

    fn behind_array(&mut self) -> State {
        self.depth = self.path.len();
        if self.depth == 0 { State::End } else { State::Tail }
    }

    fn pass_tail(&mut self, byte: u8) -> State {
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        if self.depth == 0 { State::End } else { State::Tail }
    }

    /// One byte on the way from the root object to the array.
    fn pass_path(&mut self, byte: u8) -> Result<State, &'static str> {
        match (self.state, byte) {
            (State::Name, b'"') => {
                self.key.clear();
                self.in_string = true;
                Ok(State::NameEnd)
            }
            (State::NameEnd, b':') => Ok(State::Value(self.is_on_path())),
            (State::Value(true), b'[') if self.followed + 1 == self.path.len() => Ok(State::Element(true)),
            (State::Value(true), b'{') if self.followed + 1 < self.path.len() => {
                self.followed += 1;
                Ok(State::Name)
            }
            (State::Value(true), _) => Err("an array where the adapter's `rows` leads"),
            (State::Value(false), b',' | b':' | b'}' | b']') => Err("a value"),
            (State::Value(false), _) => {
                self.depth = 0;
                Ok(self.pass_beside(byte))
            }
            (State::Beside, b',' | b'}') if self.depth == 0 => self.pass_behind(byte),
            (State::Beside, _) => Ok(self.pass_beside(byte)),
            (State::BesideEnd, _) => self.pass_behind(byte),
            _ => Err("the name of a member, and the array where the adapter's `rows` leads"),
        }
    }

    fn pass_beside(&mut self, byte: u8) -> State {
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        let has_ended = self.depth == 0 && matches!(byte, b'}' | b']');
        if has_ended { State::BesideEnd } else { State::Beside }
    }

    fn pass_behind(&self, byte: u8) -> Result<State, &'static str> {
        match byte {
            b',' => Ok(State::Name),
            b'}' => Err("the array where the adapter's `rows` leads"),
            _ => Err("a comma or the end of the object"),
        }
    }

    fn is_on_path(&self) -> bool {
        self.key.strip_suffix(b"\"") == Some(self.path[self.followed].as_bytes())
    }

    fn break_off(&mut self, byte: u8, expected: &str, cut: &mut Cut, out: &mut Chunk) -> State {
        cut.skip(cut.at);
        cut.records += 1;
        // One byte: what stands behind it may not have been read yet.
        let value = cut.head(&[byte]);
        cut.fault(out, Code::RowMalformed, value, &format!("expected {expected}"));
        State::Broken
    }

    /// The input has ended: was it time?
    pub(super) fn finish(&mut self, cut: &mut Cut, out: &mut Chunk) {
        let is_empty = self.state == State::Root && cut.records == 0;
        if !is_empty && !matches!(self.state, State::End | State::Broken) {
            cut.fault_rest(out, "the document ends before its last bracket");
        }
    }
}
