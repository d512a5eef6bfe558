// A Lambda function that does nothing, and the least of a runtime client that can serve it: one connection, no SDK.

import http from "node:http";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const path = "/2018-06-01/runtime/invocation/";

const ask = (method, path, body) =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const request = http.request({ host, port, agent, method, path, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve([response.headers, Buffer.concat(parts).toString()]));
    });
    request.on("error", reject);
    request.end(body);
  });

const handler = () => null;

for (;;) {
  const [headers, event] = await ask("GET", path + "next");
  const answer = JSON.stringify(handler(JSON.parse(event)));
  await ask("POST", `${path}${headers["lambda-runtime-aws-request-id"]}/response`, answer);
}
