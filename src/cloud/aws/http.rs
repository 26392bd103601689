//! The HTTP client that all services share, and with it their connections.

use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::http::Uri;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::sdk_config::SharedAsyncSleep;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::proxy::matcher::Matcher;
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
    /// The same rules, to tell which requests go through the proxy.
    proxies: Option<Arc<Matcher>>,
    connectors: Arc<Mutex<HashMap<[Option<Duration>; 2], SharedHttpConnector>>>,
}

impl Http {
    pub(super) fn new(tls: TlsContext, proxy: ProxyConfig) -> Self {
        let proxies = proxy.is_from_env().then(|| Arc::new(Matcher::from_env()));
        Self { tls, proxy, proxies, connectors: Arc::default() }
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
            let inner = SharedHttpConnector::new(builder.build());
            SharedHttpConnector::new(LoggedConnector { inner, proxies: self.proxies.clone() })
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
/// because it may be secret. Answers and errors say where the request went.
#[derive(Debug)]
struct LoggedConnector {
    inner: SharedHttpConnector,
    proxies: Option<Arc<Matcher>>,
}

impl HttpConnector for LoggedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let method = request.method().to_owned();
        let to = Recipient {
            host: host(request.uri()),
            proxy: self.proxy(request.uri()),
            attempt: request.headers().get("amz-sdk-request").and_then(attempt).unwrap_or(1),
        };
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            let status = answer.as_ref().ok().map(|response| response.status().as_u16());
            tracing::trace!(method, host = to.host, proxy = to.proxy, status, "request");
            match answer {
                Ok(mut response) => {
                    response.add_extension(to);
                    Ok(response)
                }
                Err(error) => Err(to.failed(error)),
            }
        })
    }
}

impl LoggedConnector {
    /// The host and port of the proxy that a request to this URL goes through.
    fn proxy(&self, url: &str) -> Option<String> {
        let proxy = self.proxies.as_ref()?.intercept(&url.parse().ok()?)?;
        Some(host(&proxy.uri().to_string()))
    }
}

/// The number of the attempt, from the SDK's header: "attempt=2; max=3".
fn attempt(header: &str) -> Option<u32> {
    header.split("; ").find_map(|part| part.strip_prefix("attempt=")?.parse().ok())
}

/// Where a request was sent.
#[derive(Clone, Debug)]
pub(super) struct Recipient {
    /// With its port, if the URL has one.
    pub(super) host: String,
    /// The host and port of the proxy in between.
    pub(super) proxy: Option<String>,
    /// 1 for the first attempt of a call.
    pub(super) attempt: u32,
}

impl Recipient {
    /// The error of the same kind, because the SDK's retries depend on it, with the recipient.
    fn failed(self, error: ConnectorError) -> ConnectorError {
        let connection = error.connection_metadata().cloned();
        let (is_timeout, is_user, is_io, other) =
            (error.is_timeout(), error.is_user(), error.is_io(), error.as_other());
        let source: BoxError = Box::new(Undelivered { to: self, source: error });
        let error = match (is_timeout, is_user, is_io) {
            (true, ..) => ConnectorError::timeout(source),
            (_, true, _) => ConnectorError::user(source),
            (_, _, true) => ConnectorError::io(source),
            _ => ConnectorError::other(source, other),
        };
        match connection {
            Some(connection) => error.with_connection(connection),
            None => error,
        }
    }
}

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Undelivered {
    pub(super) to: Recipient,
    source: ConnectorError,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer from {}", self.to.host)
    }
}

impl Error for Undelivered {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

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
