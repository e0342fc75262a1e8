//! Runs Argon2 in memory that is used again, and is given back to the system when nobody needs it.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::password_hash::{Error as Argon2Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroize;

/// The memory of a hash: 19 MiB, as OWASP recommends for argon2id with two passes and one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The length of a salt: 128 bits, as the PHC format recommends.
const SALT_BYTES: usize = 16;
/// The length of a hash: 256 bits, as the PHC format recommends.
const OUTPUT_BYTES: usize = 32;

/// The number of 1 KiB blocks that the allocator is asked for. Blocks that are not used are never touched, so they
/// take no memory. glibc maps requests of more than 32 MiB by themselves and unmaps them when they are freed. Smaller
/// requests stay in glibc's heaps, where several of 19 MiB would stay for ever.
const RESERVED_BLOCKS: usize = 33 * 1024;

/// The memory of all hashing threads. There is never more of it than there are threads, even while one thread ends
/// and another begins.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Vec<Memory>>);

impl Spare {
    /// Runs `work` with memory that was used before, or with new memory.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        let mut memory = self.lock().pop().unwrap_or_default();
        let result = work(&mut memory);
        self.lock().push(memory);
        result
    }

    /// Gives the memory of one thread back to the system. A thread that wants memory waits for that.
    pub(super) fn free_one(&self) {
        let mut spare = self.lock();
        drop(spare.pop());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The memory of one hashing thread, wiped on drop.
#[derive(Debug, Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    fn blocks(&mut self, count: usize) -> Result<&mut [Block]> {
        if self.0.len() < count {
            let wanted = count.max(RESERVED_BLOCKS) - self.0.len();
            self.0.try_reserve_exact(wanted).map_err(|_| Argon2Error::OutOfMemory)?;
            self.0.resize(count, Block::new());
        }
        Ok(&mut self.0[..count])
    }

    /// The hash of `password` with a new salt, as a PHC string.
    pub(super) fn hash(&mut self, password: &[u8]) -> Result<String> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| Argon2Error::ParamsInvalid)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let salt = rand::random::<[u8; SALT_BYTES]>();
        let output = self.run(&argon2, password, &salt, OUTPUT_BYTES)?;
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(Salt::new(&salt)?),
            hash: Some(output),
        };
        Ok(phc.to_string())
    }

    /// Whether `password` is that of the hash `phc`. The algorithm and parameters of `phc` are used.
    pub(super) fn verify(&mut self, password: &[u8], phc: &str) -> Result<bool> {
        let phc = Phc::new(phc)?;
        let (Some(salt), Some(expected)) = (&phc.salt, &phc.hash) else {
            return Err(Argon2Error::EncodingInvalid);
        };
        let algorithm = Algorithm::try_from(phc.algorithm.as_str())?;
        let version = phc.version.map(Version::try_from).transpose()?.unwrap_or_default();
        let argon2 = Argon2::new(algorithm, version, Params::try_from(&phc)?);
        // `Output` compares in constant time.
        Ok(self.run(&argon2, password, salt, expected.len())? == *expected)
    }

    fn run(&mut self, argon2: &Argon2<'_>, password: &[u8], salt: &[u8], length: usize) -> Result<Output> {
        let blocks = self.blocks(argon2.params().block_count())?;
        let mut out = [0; Output::MAX_LENGTH];
        let out = out.get_mut(..length).ok_or(Argon2Error::OutputSize)?;
        argon2.hash_password_into_with_memory(password, salt, out, blocks)?;
        Ok(Output::new(out)?)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // Block by block: the vector would wipe what was never touched, too.
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{PasswordHasher as _, PasswordVerifier as _};

    #[test]
    fn memory_is_lent_again_until_it_is_freed() {
        let spare = Spare::default();
        let place = || spare.lend(|memory| memory.blocks(8).unwrap().as_ptr() as usize);
        let first = place();
        assert_eq!(place(), first);
        assert_eq!(spare.lock().len(), 1);
        spare.free_one();
        spare.free_one();
        assert!(spare.lock().is_empty());
    }

    #[test]
    fn hashes_are_those_of_the_library_with_whatever_parameters() {
        let mut memory = Memory::default();
        let ours = memory.hash(b"correct horse").unwrap();
        assert!(ours.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{ours}");
        assert_eq!(Argon2::default().verify_password(b"correct horse", ours.as_str()), Ok(()));
        for (kib, passes, lanes, length) in [(64, 1, 1, 16), (40 * 1024, 1, 2, 64), (19_456, 2, 1, 32)] {
            let params = Params::new(kib, passes, lanes, Some(length)).unwrap();
            let theirs = Argon2::new(Algorithm::Argon2i, Version::V0x10, params);
            let theirs = theirs.hash_password(b"battery staple").unwrap().to_string();
            assert_eq!(memory.verify(b"battery staple", &theirs), Ok(true), "{theirs}");
            assert_eq!(memory.verify(b"battery stable", &theirs), Ok(false), "{theirs}");
        }
        assert!(memory.verify(b"x", "no hash").is_err());
        assert!(memory.verify(b"x", "$argon2id$v=19$m=19456,t=2,p=1").is_err(), "neither salt nor hash");
    }
}
