import { expect, test } from "@playwright/test";
import { decimalText, difference, fixed } from "../../../web/src/api/decimal.ts";
import { parseExact } from "../../../web/src/api/json.ts";
import { bytes, change, count, decimalsOf, exact, percent, price, rate, short, signed, tick, tickRate } from "../../../web/src/format/numbers.ts";

const cases = (name, of, list) => test(name, () => { for (const [input, want] of list) expect(of(...[input].flat()), JSON.stringify(input)).toBe(want); });

cases("fixed rounds the text, half to even", fixed, [
  [[157.05, 2], "157.05"], [["157.0500000001", 2], "157.05"], [[1.005, 2], "1.00"], [["1.005", 2], "1.00"], [["1.015", 2], "1.02"], [["1.0150000001", 2], "1.02"],
  [[9.999, 2], "10.00"], [[-0.001, 2], "0.00"], [[-1.5, 0], "-2"], [[2.5, 0], "2"], [["12345678901234567890.123456789", 6], "12345678901234567890.123457"], [[7, 3], "7.000"], [[0.995, 1], "1.0"],
]);
cases("plain text has no exponent", decimalText, [[[1e-9], "0.000000001"], [["1.5e3"], "1500"], [[1.5e21], "1500000000000000000000"], [["-2.5e-7"], "-0.00000025"], [[0.1], "0.1"]]);
cases("differences are exact", difference, [[[0.3, 0.1], "0.2"], [["1000000000000000000.000001", 1], "999999999999999999.000001"], [[1, 2.5], "-1.5"], [[5, 5], "0"]]);
cases("price", price, [[[157.05, 2], "157.05"], [[67123.4, 2], "67\u2009123.40"], [[null, 2], "—"], [["0.00001234", 8], "0.00001234"]]);
cases("signed has a true minus and no sign of zero", signed, [[[1.24, 2], "+1.24"], [[-1.24, 2], "\u22121.24"], [[0, 2], "0.00"], [[-0.001, 2], "0.00"], [[null, 2], "—"]]);
cases("percent", percent, [[[0.68], "+0.68\u00a0%"], [[-2.5], "\u22122.50\u00a0%"], [[null], "—"]]);
cases("change", change, [[[1.24, 0.68, 2], "+1.24 (+0.68\u00a0%)"], [[-1.24, -0.68, 2], "\u22121.24 (\u22120.68\u00a0%)"], [[null, null, 2], "—"]]);
cases("count", count, [[[20124], "20\u2009124"], [[0], "0"], [[999], "999"], [[1234567], "1\u2009234\u2009567"], [[null], "—"]]);
cases("short", short, [
  [[1234567.5], "1.23\u00a0M"], [[12345.6], "12.3\u00a0k"], [[999], "999"], [[999.6], "1.00\u00a0k"], [[999_950], "1.00\u00a0M"], [[0], "0"], [[12.5], "12.5"], [["123456789012345678.123456"], "123\u2009457\u00a0T"], [[null], "—"],
]);
cases("exact keeps every digit", exact, [[["123456789012345678.123456"], "123\u2009456\u2009789\u2009012\u2009345\u2009678.123456"], [[0.25], "0.25"], [[null], "—"]]);
cases("rate", rate, [[[12345], "12.3\u00a0k/s"], [[49.8], "50\u00a0/s"], [[0], "0\u00a0/s"], [[0.4], "0.4\u00a0/s"], [[null], "—"], [[Number.NaN], "—"], [[2_500_000], "2.50\u00a0M/s"]]);
cases("ticks of an axis have no zeros to spare", tick, [[[12_000], "12\u00a0k"], [[8_000], "8\u00a0k"], [[2_500], "2.5\u00a0k"], [[0], "0"], [[750], "750"], [[100_000], "100\u00a0k"]]);
cases("ticks of a rate", tickRate, [[[5], "5\u00a0/s"], [[10], "10\u00a0/s"], [[12_000], "12\u00a0k/s"], [[0.5], "0.5\u00a0/s"]]);
cases("bytes", bytes, [[[1_449_984_000], "1.45\u00a0GB"], [[12], "12\u00a0B"], [[null], "—"]]);
cases("decimals of prices", (...values) => decimalsOf(values), [[[157.05, 157], 2], [[["0.00001234"]], 8], [[0.125], 3], [[], 2]]);

test("JSON keeps what no double holds, and is JSON otherwise", () => {
  const text = '{"volume":123456789012.123456,"price":157.05,"list":[1,-2.5e3,0.1234567890123456789],"text":"a \\"quoted\\" 12345678901234567890, é","deep":{"no":null,"yes":true},"n":0.100000000000000005}';
  expect(parseExact(text)).toEqual({
    volume: "123456789012.123456", price: 157.05, list: [1, -2500, "0.1234567890123456789"], text: 'a "quoted" 12345678901234567890, é', deep: { no: null, yes: true }, n: "0.100000000000000005",
  });
  expect(parseExact('{"a":[],"b":{},"c":"\\u00e9\\\\"}')).toEqual({ a: [], b: {}, c: "é\\" });
  // The same through our own parser: a long number sends the whole text there.
  expect(parseExact(' {"a" : [ ] , "b":{ },"c":"\\u00e9\\\\","x":1234567890123456.5}\n')).toEqual({ a: [], b: {}, c: "é\\", x: "1234567890123456.5" });
});

for (const wrong of ['{"a":1234567890123456789', '[1234567890123456789,]', '{"a" 1234567890123456789}', '1234567890123456789 x', '["\u0001 1234567890123456789"]', '{"a":01234567890123456}', "[tru, 1234567890123456789]", '"1234567890123456789']) {
  test(`what is no JSON is refused: ${JSON.stringify(wrong)}`, () => { expect(() => parseExact(wrong)).toThrow(); });
}

test("both parsers agree on a thousand made-up documents", () => {
  let seed = 7;
  const next = (below) => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return seed % below; };
  const make = (depth) => {
    switch (next(depth > 3 ? 4 : 6)) {
      case 0: return next(1e9) / 1000;
      case 1: return ["", "a\"b", "\\", "\u2009é\n", "x1234567890123456"][next(5)];
      case 2: return next(2) === 0;
      case 3: return null;
      case 4: return Array.from({ length: next(4) }, () => make(depth + 1));
      default: return Object.fromEntries(Array.from({ length: next(4) }, (_, i) => [`k${i}`, make(depth + 1)]));
    }
  };
  for (let i = 0; i < 1000; i++) {
    const value = { long: 0, value: make(0) };
    const text = JSON.stringify(value).replace('"long":0', '"long":1234567890123456789');
    expect(parseExact(text)).toEqual({ ...value, long: "1234567890123456789" });
  }
});
