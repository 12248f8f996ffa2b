// ethers 6 against the chain: deploy, call, filter, decode reverts, listen. One JSON document on stdin, one on stdout.
import { readFileSync } from "node:fs";
import { ethers } from "ethers";

const { url, key, abi, creation, stream } = JSON.parse(readFileSync(0, "utf8"));
const provider = new ethers.JsonRpcProvider(url, undefined, { batchMaxCount: 10 });
const wallet = new ethers.Wallet(key, provider);
const zero = ethers.ZeroHash;
const root = "0x" + "07".repeat(32);

const fees = await provider.getFeeData();
const factory = new ethers.ContractFactory(abi, creation, wallet);
const contract = await factory.deploy(wallet.address);
await contract.waitForDeployment();
await (await contract.grantRole(stream, wallet.address)).wait();

// listens over WebSocket while the transaction is sent over HTTP
const socket = new ethers.WebSocketProvider(url.replace("http", "ws"));
const listening = new ethers.Contract(await contract.getAddress(), abi, socket);
let tell;
const heard = new Promise((resolve) => { tell = resolve; });
await listening.on("Anchored", (...values) => tell(values.at(-1).log.transactionHash));
const headed = new Promise((resolve) => { socket.on("block", resolve); });
// a connection is answered in order: once this is, both subscriptions stand
await new Promise((resolve) => setTimeout(resolve, 300));
await socket.send("eth_chainId", []);

const receipt = await (await contract.anchor(stream, 1, zero, root, 0, 12)).wait();
const events = await contract.queryFilter(contract.filters.Anchored(stream), receipt.blockNumber, "latest");
const head = await contract.headOf(stream);

let revert = null;
try {
  await contract.anchor.staticCall(stream, 1, zero, root, 0, 12);
} catch (error) {
  revert = { code: error.code, name: error.revert?.name ?? contract.interface.parseError(error.data)?.name };
}
let refused = null;
try {
  await provider.send("eth_sign", [wallet.address, "0x00"]);
} catch (error) {
  refused = error.code;
}
const block = await provider.getBlock(receipt.blockNumber, true);
const result = {
  fee: String(fees.gasPrice), status: receipt.status, seq: String(head[0]), leaves: String(head[1]),
  events: events.map((event) => event.args.root), revert, refused,
  heard: (await heard) === receipt.hash, headed: (await headed) >= 0,
  block: block.prefetchedTransactions.map((transaction) => transaction.hash).includes(receipt.hash),
  gas: String(await contract.anchor.estimateGas(stream, 2, head[2] ?? zero, root, 12, 1).catch(() => "reverts")),
};
process.stdout.write(JSON.stringify(result));
await socket.destroy();
provider.destroy();
