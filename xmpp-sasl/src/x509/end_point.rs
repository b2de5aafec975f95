//! The hash of tls-server-end-point ([RFC 5929 §4.1](https://www.rfc-editor.org/rfc/rfc5929#section-4.1)).

use hmac::digest::Digest;
use x509_parser::oid_registry::Oid;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::AlgorithmIdentifier;

/// Why a certificate has no `tls-server-end-point`: RFC 5929 defines it by the one hash of the signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoEndPoint {
    /// The signature has no hash that could be named: Ed25519, Ed448.
    #[error("the signature has no hash of its own")]
    NoHash,
    /// It has two: RSASSA-PSS with another hash for its mask.
    #[error("the signature has two hashes")]
    TwoHashes,
    /// The algorithm or its hash is not known here; its object identifier.
    #[error("unknown signature algorithm or hash {0}")]
    Unknown(String),
}

/// The hash of `certificate` (in DER), which is signed by `algorithm`.
pub(super) fn end_point(
    certificate: &[u8],
    algorithm: &AlgorithmIdentifier<'_>,
) -> Result<Vec<u8>, NoEndPoint> {
    hash_of(algorithm).map(|hash| hash.digest(certificate))
}

#[derive(Clone, Copy)]
enum Hash {
    Sha224,
    /// Also where the signature has MD5 or SHA-1.
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
}

impl Hash {
    fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha224 => sha2::Sha224::digest(data).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(data).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(data).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(data).to_vec(),
            Self::Sha512_224 => sha2::Sha512_224::digest(data).to_vec(),
            Self::Sha512_256 => sha2::Sha512_256::digest(data).to_vec(),
        }
    }
}

fn hash_of(algorithm: &AlgorithmIdentifier<'_>) -> Result<Hash, NoEndPoint> {
    let oid = algorithm.algorithm.to_id_string();
    // RSA (RFC 8017 A.2.4), DSA and ECDSA (RFC 3279 §2.2, RFC 5758 §3).
    Ok(match oid.as_str() {
        "1.2.840.113549.1.1.4" // RSA with MD5
        | "1.2.840.113549.1.1.5" | "1.2.840.10040.4.3" | "1.2.840.10045.4.1" // with SHA-1
        | "1.2.840.113549.1.1.11" | "2.16.840.1.101.3.4.3.2" | "1.2.840.10045.4.3.2" => Hash::Sha256,
        "1.2.840.113549.1.1.14" | "2.16.840.1.101.3.4.3.1" | "1.2.840.10045.4.3.1" => Hash::Sha224,
        "1.2.840.113549.1.1.12" | "2.16.840.1.101.3.4.3.3" | "1.2.840.10045.4.3.3" => Hash::Sha384,
        "1.2.840.113549.1.1.13" | "2.16.840.1.101.3.4.3.4" | "1.2.840.10045.4.3.4" => Hash::Sha512,
        "1.2.840.113549.1.1.15" => Hash::Sha512_224,
        "1.2.840.113549.1.1.16" => Hash::Sha512_256,
        // RSASSA-PSS: the hash is a parameter.
        "1.2.840.113549.1.1.10" => return pss(algorithm).unwrap_or(Err(NoEndPoint::Unknown(oid))),
        // Ed25519, Ed448 (RFC 8410).
        "1.3.101.112" | "1.3.101.113" => return Err(NoEndPoint::NoHash),
        _ => return Err(NoEndPoint::Unknown(oid)),
    })
}

/// [RFC 4055 §3.1](https://www.rfc-editor.org/rfc/rfc4055#section-3.1); `None` without parameters, which may not lack.
fn pss(algorithm: &AlgorithmIdentifier<'_>) -> Option<Result<Hash, NoEndPoint>> {
    let parameters = RsaSsaPssParams::try_from(algorithm.parameters()?).ok()?;
    let hash = parameters.hash_algorithm_oid();
    let mask = parameters.mask_gen_algorithm().ok()?;
    Some(if mask.hash == *hash {
        named(hash)
    } else {
        Err(NoEndPoint::TwoHashes)
    })
}

/// The hash of this identifier (RFC 8017 B.1).
fn named(hash: &Oid<'_>) -> Result<Hash, NoEndPoint> {
    let oid = hash.to_id_string();
    Ok(match oid.as_str() {
        // MD5, SHA-1, SHA-256.
        "1.2.840.113549.2.5" | "1.3.14.3.2.26" | "2.16.840.1.101.3.4.2.1" => Hash::Sha256,
        "2.16.840.1.101.3.4.2.2" => Hash::Sha384,
        "2.16.840.1.101.3.4.2.3" => Hash::Sha512,
        "2.16.840.1.101.3.4.2.4" => Hash::Sha224,
        "2.16.840.1.101.3.4.2.5" => Hash::Sha512_224,
        "2.16.840.1.101.3.4.2.6" => Hash::Sha512_256,
        _ => return Err(NoEndPoint::Unknown(oid)),
    })
}
