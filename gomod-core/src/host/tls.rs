//! TLS for the http client: rustls with ring, and root certificates that are loaded at the first use.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::GoEnv;

/// A client configuration that costs nothing until the first https connection.
pub(super) fn config(env: &GoEnv) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let var = |name: &str| env.var(name).map(str::to_owned);
    let verifier = LazyRoots {
        provider: Arc::clone(&provider),
        file: var("SSL_CERT_FILE"),
        dir: var("SSL_CERT_DIR"),
        verifier: OnceLock::new(),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous() // the verifier below is rustls's own, made late
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Rustls's verifier over the system's root certificates, created when a certificate must be checked.
#[derive(Debug)]
struct LazyRoots {
    provider: Arc<CryptoProvider>,
    file: Option<String>,
    dir: Option<String>,
    verifier: OnceLock<Result<Arc<WebPkiServerVerifier>, Error>>,
}

impl LazyRoots {
    fn verifier(&self) -> Result<&WebPkiServerVerifier, Error> {
        match self.verifier.get_or_init(|| self.load()) {
            Ok(verifier) => Ok(verifier),
            Err(error) => Err(error.clone()),
        }
    }

    fn load(&self) -> Result<Arc<WebPkiServerVerifier>, Error> {
        let found = if self.file.is_some() || self.dir.is_some() {
            let (file, dir) = (
                self.file.as_deref().map(Path::new),
                self.dir.as_deref().map(Path::new),
            );
            rustls_native_certs::load_certs_from_paths(file, dir)
        } else {
            rustls_native_certs::load_native_certs()
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let cause = found
                .errors
                .first()
                .map_or_else(String::new, |error| format!(": {error}"));
            return Err(Error::General(format!(
                "no root certificates found in SSL_CERT_FILE, SSL_CERT_DIR or the system's usual places{cause}"
            )));
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|error| Error::General(error.to_string()))
    }
}

impl ServerCertVerifier for LazyRoots {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verifier = self.verifier()?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
