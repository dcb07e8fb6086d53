//! Canonical bytes: what hashes, fingerprints and digests are made of.
//!
//! A value is written in one way only: integers little-endian at full width, texts and lists behind their length. Two
//! hashes are used and only here: BLAKE3 where others may check the result, XXH3 with a key where only we compare.

/// A 256-bit digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl std::fmt::Display for Digest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// Takes values one after the other and gives the digest of their canonical bytes.
#[derive(Clone, Debug, Default)]
pub struct Digester {
    hasher: blake3::Hasher,
}

impl Digester {
    /// Bytes behind their length.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.u64(bytes.len() as u64);
        self.hasher.update(bytes);
        self
    }

    /// A text behind its length.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// An unsigned integer.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.hasher.update(&value.to_le_bytes());
        self
    }

    /// A signed integer.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.hasher.update(&value.to_le_bytes());
        self
    }

    /// A wide signed integer.
    pub fn i128(&mut self, value: i128) -> &mut Self {
        self.hasher.update(&value.to_le_bytes());
        self
    }

    /// The digest of all that was taken.
    #[must_use]
    pub fn finish(&self) -> Digest {
        Digest(*self.hasher.finalize().as_bytes())
    }
}

/// The digest of bytes as they stand.
#[must_use]
pub fn digest(bytes: &[u8]) -> Digest {
    Digest(*blake3::hash(bytes).as_bytes())
}

/// 128-bit hash under a key, for identities: never zero, so that zero can mean "none".
#[inline]
#[must_use]
pub fn identity_hash(key: u64, bytes: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128_with_seed(bytes, key).max(1)
}

/// 64-bit hash under a key, for fingerprints.
#[inline]
#[must_use]
pub fn fingerprint(key: u64, bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(bytes, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_keep_neighbours_apart() {
        let of = |parts: [&str; 2]| {
            let mut digester = Digester::default();
            digester.text(parts[0]).text(parts[1]);
            digester.finish()
        };
        assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
        assert_eq!(of(["ab", "c"]), of(["ab", "c"]));
    }

    #[test]
    fn digests_print_as_hexadecimal() {
        assert_eq!(digest(b"").to_string(), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
    }

    #[test]
    fn keys_change_hashes() {
        assert_ne!(identity_hash(1, b"event"), identity_hash(2, b"event"));
        assert_ne!(fingerprint(1, b"event"), fingerprint(2, b"event"));
    }
}
