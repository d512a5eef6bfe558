//! Aurora DSQL: its URLs, and its tokens. Never tried on a cluster: what AWS documents, and what its connector does.

use std::fmt;

use ledger::store::StoreError;
use sqlx::postgres::PgConnectOptions;

/// What a `dsql://` URL begins with.
const SCHEME: &str = "dsql://";

/// Everything that AWS Marketplace sends is there, and so are the functions.
const REGION: &str = "us-east-1";

const SIGNING: &str = "signing in to the cluster with AWS credentials";

/// A cluster, and the role of its database that we connect as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    role: String,
    host: String,
}

/// Why a text names no cluster, and what to do. It never repeats the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCluster {
    /// Not of the form.
    #[error("it has the form dsql://ROLE@CLUSTER.dsql.{REGION}.on.aws/postgres")]
    Form,
    /// A password.
    #[error(
        "it has no password: AWS credentials sign each connection; leave `:...` before the `@` out"
    )]
    Password,
    /// No plain role.
    #[error(
        "it names a role before the `@`: `admin` for `init`, or the runtime role; letters, digits, `_`"
    )]
    Role,
    /// Another port.
    #[error("it has no port: a cluster listens on 5432 only; leave it out")]
    Port,
    /// Parameters.
    #[error(
        "it has no parameters: TLS is always verified and the region is in the host's name; leave `?...` out"
    )]
    Parameters,
    /// A host that is no cluster's.
    #[error(
        "its host is no cluster's: take the output ClusterEndpoint, CLUSTER.dsql.{REGION}.on.aws"
    )]
    Host,
    /// A cluster elsewhere.
    #[error("its cluster is not in {REGION}, where the functions are: make one there")]
    Region,
    /// Another database.
    #[error("its database is `postgres`: a cluster has no other")]
    Database,
    /// Left out of this program.
    #[error("this program was built without Aurora DSQL: build it with `--features dsql`")]
    LeftOut,
}

impl Cluster {
    /// Whether a URL is for a cluster.
    pub(crate) fn is_meant(url: &str) -> bool {
        url.starts_with(SCHEME)
    }

    /// Reads `dsql://ROLE@CLUSTER.dsql.us-east-1.on.aws/postgres`.
    pub(crate) fn parse(url: &str) -> Result<Self, InvalidCluster> {
        let rest = url.strip_prefix(SCHEME).ok_or(InvalidCluster::Form)?;
        if rest.contains(['?', '#']) {
            return Err(InvalidCluster::Parameters);
        }
        let (role, rest) = rest.rsplit_once('@').ok_or(InvalidCluster::Role)?;
        if role.contains(':') {
            return Err(InvalidCluster::Password);
        }
        let is_plain = role.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if crate::Role::new(role).is_err() || !is_plain {
            return Err(InvalidCluster::Role);
        }
        let (host, database) = rest.split_once('/').ok_or(InvalidCluster::Database)?;
        if host.contains(':') {
            return Err(InvalidCluster::Port);
        }
        check_host(host)?;
        if database != "postgres" {
            return Err(InvalidCluster::Database);
        }
        Ok(Self { role: role.to_owned(), host: host.to_owned() })
    }

    /// How to connect with a token made now: it is good for 15 minutes, and a connection made with it for 60. The role
    /// `admin` signs for `dsql:DbConnectAdmin`, any other for `dsql:DbConnect`; TLS is verified.
    #[cfg(feature = "dsql")]
    pub(crate) async fn signed(
        &self,
        credentials: Option<aurora_dsql_sqlx_connector::SharedCredentialsProvider>,
    ) -> Result<PgConnectOptions, StoreError> {
        use aurora_dsql_sqlx_connector::{DsqlConnectOptionsBuilder, DsqlError};

        let place = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(5432)
            .username(&self.role)
            .database("postgres");
        let signer = DsqlConnectOptionsBuilder::default()
            .pg_connect_options(place)
            .orm_prefix(Some("resold".to_owned()))
            .credentials_provider(credentials)
            .build()
            .map_err(|error| StoreError::Failed { attempt: SIGNING, source: error.into() })?;
        signer.authenticated_pg_options().await.map_err(|error| match error {
            // Most often there are no credentials, or they have run out.
            DsqlError::TokenError(_) => {
                StoreError::Refused { attempt: SIGNING, source: error.into() }
            }
            _ => StoreError::Failed { attempt: SIGNING, source: error.into() },
        })
    }
}

/// `CLUSTER.dsql.us-east-1.on.aws`; behind a private link `dsql-SERVICE` stands for `dsql`.
fn check_host(host: &str) -> Result<(), InvalidCluster> {
    let is_label = |text: &str| {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&text.len()) && text.bytes().all(is_plain)
    };
    let labels: Vec<&str> = host.split('.').collect();
    let [cluster, service, region, "on", "aws"] = labels[..] else {
        return Err(InvalidCluster::Host);
    };
    let is_service = service == "dsql" || service.strip_prefix("dsql-").is_some_and(is_label);
    match is_label(cluster) && is_service {
        false => Err(InvalidCluster::Host),
        true if region != REGION => Err(InvalidCluster::Region),
        true => Ok(()),
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the Aurora DSQL cluster {}", self.host)
    }
}

/// Whether a `dsql://` URL can be used by this program.
///
/// # Errors
/// [`InvalidCluster`] says what to do.
pub fn check_cluster(url: &str) -> Result<(), InvalidCluster> {
    Cluster::parse(url)?;
    if cfg!(feature = "dsql") { Ok(()) } else { Err(InvalidCluster::LeftOut) }
}

#[cfg(not(feature = "dsql"))]
impl Cluster {
    /// Nobody comes here: [`check_cluster`] has refused the URL.
    pub(crate) fn left_out() -> Result<PgConnectOptions, StoreError> {
        Err(StoreError::Failed { attempt: SIGNING, source: InvalidCluster::LeftOut.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_clusters() {
        #[rustfmt::skip]
        let cases = [
            ("dsql://resold_runtime@abc0def1.dsql.us-east-1.on.aws/postgres", None),
            ("dsql://admin@abc0def1.dsql.us-east-1.on.aws/postgres", None),
            ("dsql://admin@abc0def1.dsql-fnh4.us-east-1.on.aws/postgres", None),
            ("postgres://admin@abc0def1.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Form)),
            ("dsql:admin@abc0def1.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Form)),
            ("dsql://abc0def1.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Role)),
            ("dsql://@abc0def1.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Role)),
            ("dsql://a%20b@abc0def1.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Role)),
            ("dsql://public@abc0def1.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Role)),
            ("dsql://a\n@abc0def1.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Role)),
            ("dsql://admin:hunter2@abc0def1.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Password)),
            ("dsql://admin:a@b@abc0def1.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Password)),
            ("dsql://admin@abc0def1.dsql.us-east-1.on.aws:5432/postgres", Some(InvalidCluster::Port)),
            ("dsql://admin@abc0def1.dsql.us-east-1.on.aws/postgres?sslmode=disable", Some(InvalidCluster::Parameters)),
            ("dsql://admin@abc0def1.dsql.us-east-1.on.aws/postgres#x", Some(InvalidCluster::Parameters)),
            ("dsql://admin@abc0def1.dsql.eu-west-1.on.aws/postgres", Some(InvalidCluster::Region)),
            ("dsql://admin@abc0def1/postgres", Some(InvalidCluster::Host)),
            ("dsql://admin@localhost/postgres", Some(InvalidCluster::Host)),
            ("dsql://admin@.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Host)),
            ("dsql://admin@a.b.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Host)),
            ("dsql://admin@abc.dsqlx.us-east-1.on.aws/postgres", Some(InvalidCluster::Host)),
            ("dsql://admin@abc.dsql.us-east-1.on.aws.example/postgres", Some(InvalidCluster::Host)),
            ("dsql://admin@ABC.dsql.us-east-1.on.aws/postgres", Some(InvalidCluster::Host)),
            ("dsql://admin@abc0def1.dsql.us-east-1.on.aws", Some(InvalidCluster::Database)),
            ("dsql://admin@abc0def1.dsql.us-east-1.on.aws/", Some(InvalidCluster::Database)),
            ("dsql://admin@abc0def1.dsql.us-east-1.on.aws/deals", Some(InvalidCluster::Database)),
            ("dsql://admin@abc0def1.dsql.us-east-1.on.aws/postgres/x", Some(InvalidCluster::Database)),
        ];
        for (url, expected) in cases {
            assert_eq!(Cluster::parse(url).err(), expected, "{url}");
            let left_out = (!cfg!(feature = "dsql")).then_some(InvalidCluster::LeftOut);
            assert_eq!(check_cluster(url).err(), expected.or(left_out), "{url}");
        }
    }

    #[cfg(feature = "dsql")]
    #[tokio::test]
    async fn the_role_decides_which_token_is_signed() {
        use aurora_dsql_sqlx_connector::SharedCredentialsProvider;
        use aws_credential_types::Credentials;
        use sqlx::ConnectOptions as _;

        let cases =
            [("admin", "DbConnectAdmin"), ("resold_runtime", "DbConnect"), ("Admin", "DbConnect")];
        for (role, action) in cases {
            let url = format!("dsql://{role}@abc0def1.dsql.us-east-1.on.aws/postgres");
            let credentials = Credentials::new("AKIDEXAMPLE", "example", None, None, "test");
            let credentials = SharedCredentialsProvider::new(credentials);
            let signed = Cluster::parse(&url).unwrap().signed(Some(credentials)).await.unwrap();
            let url = signed.to_url_lossy();
            // A token is itself a URL without a scheme.
            let escaped = [("%3D", "="), ("%26", "&"), ("%2D", "-")];
            let token = url.password().unwrap_or_default().to_owned();
            let token = escaped.iter().fold(token, |text, (from, to)| text.replace(from, to));
            assert!(token.contains(&format!("Action={action}&")), "{role}: {token}");
            assert!(token.contains("X-Amz-Expires=900") && token.contains("us-east-1"), "{token}");
            assert_eq!(format!("{:?}", signed.get_ssl_mode()), "VerifyFull");
            assert_eq!((signed.get_username(), signed.get_port()), (role, 5432));
            let name = signed.get_application_name().unwrap_or_default();
            assert!(name.starts_with("resold:"), "{name}");
        }
    }
}
