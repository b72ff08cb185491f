// npm run fake [SYMBOLS]: the stand-in with a market that moves, to look at the page without the program.
import { FakeServer } from "./fake_server.mjs";

const server = new FakeServer({ symbols: Number(process.argv[2] ?? 10), now: Date.now() });
console.log(await server.listen(Number(process.env.PORT ?? 0)));
server.run();
