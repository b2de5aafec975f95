//! A certificate authority: its own certificate, those of servers, and those of people with their XMPP addresses.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// id-on-xmppAddr (RFC 6120 §13.7.1.4): by this the certificate says whose it is.
const XMPP_ADDR: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 8, 5];

/// Who signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
pub(crate) struct Certified {
    pub(crate) certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Certified {
    /// The key, for the TLS library.
    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

impl Authority {
    /// An authority of this name.
    pub(crate) fn new(name: &str) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        Ok(Self(issuer))
    }

    /// What others trust who trust this authority.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A server's certificate for these host names.
    pub(crate) fn server(&self, names: &[&str]) -> Result<Certified, rcgen::Error> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(&params)
    }

    /// A client's certificate for the owner of these addresses.
    pub(crate) fn client(&self, addresses: &[&str]) -> Result<Certified, rcgen::Error> {
        self.sign(&client(addresses))
    }

    /// The same, of long ago.
    pub(crate) fn expired_client(&self, addresses: &[&str]) -> Result<Certified, rcgen::Error> {
        let mut params = client(addresses);
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Result<Certified, rcgen::Error> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?.der().clone();
        Ok(Certified { certificate, key })
    }
}

fn client(addresses: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    // For people to read; nothing is concluded from it.
    let name = "A client of the example";
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names = addresses
        .iter()
        .map(|&address| SanType::OtherName((XMPP_ADDR.to_vec(), address.into())))
        .collect();
    params
}
