// Asks as an agent in JavaScript does, with the official client, and prints what it hears as one line of JSON.
//
//     node ask.mjs stdio COMMAND [ARGUMENT...]
//     node ask.mjs http URL TOKEN
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport, getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [kind, target, ...more] = process.argv.slice(2);
const transport =
  kind === "stdio"
    ? new StdioClientTransport({ command: target, args: more, env: { ...getDefaultEnvironment(), ...process.env } })
    : new StreamableHTTPClientTransport(new URL(target), {
        requestInit: { headers: { Authorization: `Bearer ${more[0]}` } },
      });

const client = new Client({ name: "deskbell-test", version: "1.0.0" });
await client.connect(transport);
const { tools } = await client.listTools();
const arguments_ = { question: "Which index?", options: ["Trigram", "Full text"] };
const result = await client.callTool({ name: "ask_human", arguments: arguments_ }, undefined, {
  timeout: 60_000,
  resetTimeoutOnProgress: true,
  onprogress: () => {},
});
console.log(JSON.stringify({ server: client.getServerVersion(), tools: tools.map((tool) => tool.name), result }));
await client.close();
