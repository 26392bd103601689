//! The HTTP client that all services share, so that they share its connections too.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// One connector, with its pool, for each pair of timeouts that is asked for.
///
/// Not the SDK crate's own builder: that knows no proxy, and reads the system's certificates again for every client.
#[derive(Debug)]
pub(super) struct Http {
    tls: TlsContext,
    proxy: ProxyConfig,
    connectors: Mutex<HashMap<[Option<Duration>; 2], SharedHttpConnector>>,
}

impl Http {
    pub(super) fn new(tls: TlsContext, proxy: ProxyConfig) -> Self {
        Self { tls, proxy, connectors: Mutex::default() }
    }
}

impl HttpClient for Http {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let timeouts = [settings.connect_timeout(), settings.read_timeout()];
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let made = connectors.entry(timeouts).or_insert_with(|| {
            let mut builder = Connector::builder()
                .connector_settings(settings.clone())
                .proxy_config(self.proxy.clone())
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(self.tls.clone());
            builder.set_sleep_impl(parts.sleep_impl());
            SharedHttpConnector::new(Traced(SharedHttpConnector::new(builder.build())))
        });
        made.clone()
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some(Cow::Borrowed("1.x"))))
    }
}

/// Tells the log of each request, the SDK's own retries and sign-ins among them: where it went and how it ended. What
/// is in it stays out, for it may be a secret.
#[derive(Debug)]
struct Traced(SharedHttpConnector);

impl HttpConnector for Traced {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (method, host) = (request.method().to_owned(), host(request.uri()).to_owned());
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await;
            let status = answer.as_ref().ok().map(|response| response.status().as_u16());
            tracing::trace!(method, host, status, "request");
            if let Ok(response) = &mut answer {
                response.add_extension(AnsweredBy(host));
            }
            answer
        })
    }
}

/// Host and port that a response came from, or should have.
#[derive(Clone, Debug)]
pub(super) struct AnsweredBy(pub(super) String);

/// Host and port alone: a user's name and password may stand before them.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// The system's certificates, and those of the bundle beside them. Certificates that rustls cannot read are left out:
/// handed on, they would end the program.
///
/// # Errors
/// What is wrong with the bundle.
pub(super) fn trusting(bundle: Option<&[u8]>) -> Result<TlsContext, String> {
    let mut store = TrustStore::default();
    if let Some(pem) = bundle {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).filter(usable).collect();
        if certificates.is_empty() {
            return Err("has no certificate in it (PEM is wanted, -----BEGIN CERTIFICATE-----)".to_owned());
        }
        for certificate in certificates {
            let body = STANDARD.encode(&certificate);
            store.add_pem_certificate(format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"));
        }
    }
    TlsContext::builder().with_trust_store(store).build().map_err(|e| e.to_string())
}

fn usable(certificate: &CertificateDer<'_>) -> bool {
    RootCertStore::empty().add(certificate.clone().into_owned()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_the_log_gets_host_and_port_alone() {
        for (url, wanted) in [
            ("https://sns.eu-west-1.amazonaws.com/", "sns.eu-west-1.amazonaws.com"),
            ("http://me:secret@127.0.0.1:4566/b?token=secret", "127.0.0.1:4566"),
            ("https://portal.sso.amazonaws.com?role=a@b", "portal.sso.amazonaws.com"),
        ] {
            assert_eq!(host(url), wanted);
        }
    }
}
