//! A pooler of one test's own, in transaction mode.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::worker::until;

/// A pooler before the databases of one server. It ends when it is dropped.
#[derive(Debug)]
pub struct Pooler {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Pooler {
    /// Starts one that has so many connections to the server with this URL, which names a socket's folder.
    pub async fn start(server: &str, connections: u8) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/pgbouncer");
        let found = Command::new(script).output().expect("the script runs");
        let program = String::from_utf8(found.stdout).expect("text");
        let program = program.trim();
        assert!(!program.is_empty(), "{}", String::from_utf8_lossy(&found.stderr));
        let (_, socket) = server.split_once("host=").expect("a socket's folder");
        let socket = socket.split('&').next().unwrap_or_default();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = port.expect("a port").port();
        let folder =
            std::env::temp_dir().join(format!("resold-pooler-{}-{port}", std::process::id()));
        std::fs::create_dir(&folder).expect("a folder");
        // Its user is another one than root.
        let everybody = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(&folder, everybody).expect("the folder is everybody's");
        let settings = folder.join("pgbouncer.ini");
        let mut file = std::fs::File::create(&settings).expect("a file");
        write!(
            file,
            "[databases]\n* = host={socket} user=resold\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {connections}\n\
             max_client_conn = 100\nserver_reset_query_always = 0\n"
        )
        .expect("the settings are written");
        let mut command = Command::new(program);
        // Run by root it asks for a user that it becomes.
        if nobody_else() {
            command.args(["-u", "nobody"]);
        }
        let process =
            command.arg("-q").arg(&settings).stdin(Stdio::null()).spawn().expect("PgBouncer runs");
        let pooler = Self { process, folder, port };
        until("PgBouncer listens", async || TcpStream::connect(("127.0.0.1", port)).is_ok()).await;
        pooler
    }

    /// A database's URL by way of it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://resold@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }
}

/// Whether this is root's process.
fn nobody_else() -> bool {
    let id = Command::new("id").arg("-u").output().expect("it runs");
    id.stdout.starts_with(b"0\n")
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
