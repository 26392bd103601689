//! The HTTP client that all services share, and with it their connections.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::http::Uri;
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
use aws_types::sdk_config::SharedAsyncSleep;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// One connector, with its own pool, for each pair of timeouts.
///
/// The SDK crate's own builder isn't used, because it doesn't support proxies and reads the system's certificates again for
/// each client.
#[derive(Clone, Debug)]
pub(super) struct Http {
    tls: TlsContext,
    proxy: ProxyConfig,
    connectors: Arc<Mutex<HashMap<[Option<Duration>; 2], SharedHttpConnector>>>,
}

impl Http {
    pub(super) fn new(tls: TlsContext, proxy: ProxyConfig) -> Self {
        Self { tls, proxy, connectors: Arc::default() }
    }

    /// The connector for these timeouts.
    pub(super) fn connector(
        &self,
        settings: &HttpConnectorSettings,
        sleep: Option<SharedAsyncSleep>,
    ) -> SharedHttpConnector {
        let timeouts = [settings.connect_timeout(), settings.read_timeout()];
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let connector = connectors.entry(timeouts).or_insert_with(|| {
            let mut builder = Connector::builder()
                .connector_settings(settings.clone())
                .proxy_config(self.proxy.clone())
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(self.tls.clone());
            builder.set_sleep_impl(sleep);
            SharedHttpConnector::new(LoggedConnector(SharedHttpConnector::new(builder.build())))
        });
        connector.clone()
    }
}

impl HttpClient for Http {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.connector(settings, components.sleep_impl())
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some(Cow::Borrowed("1.x"))))
    }
}

/// Logs each request, including the SDK's own retries and sign-ins: where it went and its status. The content isn't logged,
/// because it may be secret.
#[derive(Debug)]
struct LoggedConnector(SharedHttpConnector);

impl HttpConnector for LoggedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (method, host) = (request.method().to_owned(), host(request.uri()));
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

/// The host and port that the request was sent to.
#[derive(Clone, Debug)]
pub(super) struct AnsweredBy(pub(super) String);

/// Only the host and port of a URL, because a user name and password may precede them.
pub(super) fn host(url: &str) -> String {
    let uri = url.parse::<Uri>().unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", uri.host().unwrap_or_default())
}

/// Trusts the system's certificates and those of the bundle. Certificates that rustls can't read are skipped, because they
/// would crash the program.
///
/// # Errors
/// What is wrong with the bundle, as the end of a sentence.
pub(super) fn trust(bundle: Option<&[u8]>) -> Result<TlsContext, String> {
    let mut store = TrustStore::default();
    if let Some(pem) = bundle {
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).filter(is_usable).collect();
        if certificates.is_empty() {
            return Err("contains no certificate (PEM is expected, -----BEGIN CERTIFICATE-----)".to_owned());
        }
        for certificate in certificates {
            let body = STANDARD.encode(&certificate);
            store.add_pem_certificate(format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"));
        }
    }
    TlsContext::builder().with_trust_store(store).build().map_err(|e| e.to_string())
}

fn is_usable(certificate: &CertificateDer<'_>) -> bool {
    RootCertStore::empty().add(certificate.clone().into_owned()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_host_and_port_of_a_url_are_logged() {
        for (url, wanted) in [
            ("https://sns.eu-west-1.amazonaws.com/", "sns.eu-west-1.amazonaws.com"),
            ("http://me:secret@127.0.0.1:4566/b?token=secret", "127.0.0.1:4566"),
            ("https://portal.sso.amazonaws.com?role=a@b", "portal.sso.amazonaws.com"),
            ("http://[::1]:4566/", "[::1]:4566"),
        ] {
            assert_eq!(host(url), wanted);
        }
    }
}
