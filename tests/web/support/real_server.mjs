// The program itself: at TICKERHOUSE_URL, or started from TICKERHOUSE_BIN in a directory of its own, with the demo's simulator.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const kReadySeconds = 120;
const kCheckMs = 100;

export const kUrl = process.env.TICKERHOUSE_URL?.replace(/\/?$/, "/");
export const kProgram = process.env.TICKERHOUSE_BIN;

export class RealServer {
  static async start() {
    if (kUrl) return Object.assign(new RealServer(), { url: kUrl });
    const server = Object.assign(new RealServer(), { data: await mkdtemp(join(tmpdir(), "tickerhouse-web-")) });
    await server.startProgram(0);
    return server;
  }

  // The port that it says it listens on: the first address in what it prints.
  async startProgram(port) {
    const command = (process.env.TICKERHOUSE_WEB_COMMAND ?? "run --catch-up 2h").split(" ");
    this.child = spawn(kProgram, [...command, "--port", String(port), "--data", this.data], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    this.url = await new Promise((done, fail) => {
      const hear = (text) => {
        said += text;
        const found = /https?:\/\/127\.0\.0\.1:\d+\//.exec(`${said.replace(/(127\.0\.0\.1:\d+)(?=[\s,])/g, "$1/")}`);
        if (found) done(found[0]);
      };
      this.child.stdout.on("data", hear);
      this.child.stderr.on("data", hear);
      this.child.on("exit", (code) => fail(new Error(`the program ended with ${code}: ${said.slice(-2000)}`)));
    });
    await this.until("readyz", async () => (await fetch(`${this.url}readyz`)).ok);
  }

  async until(what, holds, seconds = kReadySeconds) {
    for (let i = 0; i < (seconds * 1000) / kCheckMs; i++) {
      if (await holds().catch(() => false)) return;
      await new Promise((done) => setTimeout(done, kCheckMs));
    }
    throw new Error(`${what}: not within ${seconds} s`);
  }

  get restartable() { return this.child !== undefined; }

  async restart() {
    const { port } = new URL(this.url);
    await this.end();
    return () => this.startProgram(Number(port));
  }

  async end() {
    if (!this.child || this.child.exitCode !== null) return;
    this.child.kill("SIGTERM");
    await once(this.child, "exit");
  }

  async get(path) {
    const response = await fetch(`${this.url}api/v1/${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async json(path) { return (await this.get(path)).json(); }

  async close() {
    await this.end();
    if (this.data) await rm(this.data, { recursive: true, force: true });
  }
}
