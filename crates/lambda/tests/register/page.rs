//! The sign-up page of `docs/registration.md`, and one by a library that knows nothing of us.

use resold_tests::python::python;
use serde_json::Value;

const DOCUMENTATION: &str = include_str!("../../../../docs/registration.md");
/// By the library: all keys are its own.
const LIBRARY: &str = "
from joserfc import jwk, jwt
def library(token, key):
    read = jwt.decode(token, jwk.OctKey.import_key(key), algorithms=['HS256'])
    jwt.JWTClaimsRegistry(exp={'essential': True}, iat={'essential': True}).validate(read.claims)
    return read.claims
";
const MAIN: &str = "
import sys
def claims_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split('.')[1] + '=='))
token, keys, key = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
page = claims_of(token)['aud'] + '?from=aws'
claims = registration(token, keys, page)
assert claims == library(token, key)
assert claims['exp'] - claims['iat'] == 600
head, body, signature = token.split('.')
forged = base64.urlsafe_b64encode(json.dumps(claims | {'buyer': '666677778888'}).encode()).decode().rstrip('=')
none = base64.urlsafe_b64encode(json.dumps({'alg': 'none', 'kid': '2026b'}).encode()).decode().rstrip('=')
for other in (f'{head}.{forged}.{signature}', f'{none}.{body}.', f'{head}.{body}.'):
    try:
        registration(other, keys, page)
    except ValueError:
        continue
    raise SystemExit('it takes ' + other)
try:
    registration(token, keys, 'https://other.example.com/sign-up')
    raise SystemExit('it takes a token for another page')
except ValueError:
    pass
now = time.time
time.time = lambda: now() + 700
try:
    registration(token, keys, page)
except ValueError:
    print(json.dumps(claims))
";

/// The claims of a token, which every page of these takes and no other token.
pub(crate) fn claims(token: &str, keys: &Value, key: &str) -> Value {
    let (_, block) = DOCUMENTATION.split_once("```python\n").expect("a block of Python");
    let (block, _) = block.split_once("```").expect("its end");
    let program = format!("{block}\n{LIBRARY}\n{MAIN}");
    let mut page = python("docs");
    page.args(["-c", &program, token, &keys.to_string(), key]);
    let ran = page.output().expect("Python runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).expect("claims")
}
