// viem against the chain: deploy, call, filter, decode reverts, listen. One JSON document on stdin, one on stdout.
import { readFileSync } from "node:fs";
import {
  BaseError, ContractFunctionRevertedError, createPublicClient, createWalletClient, defineChain, http, webSocket,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";

const { url, key, abi, creation, stream, chain: id } = JSON.parse(readFileSync(0, "utf8"));
const chain = defineChain({
  id, name: "chain", nativeCurrency: { name: "none", symbol: "N", decimals: 18 }, rpcUrls: { default: { http: [url] } },
});
const account = privateKeyToAccount(key);
const reader = createPublicClient({ chain, transport: http(url, { batch: true }), pollingInterval: 100 });
const writer = createWalletClient({ account, chain, transport: http(url) });
const zero = "0x" + "00".repeat(32);
const root = "0x" + "07".repeat(32);
const wait = (hash) => reader.waitForTransactionReceipt({ hash });

const deployment = await writer.deployContract({ abi, bytecode: creation, args: [account.address] });
const { contractAddress: address } = await wait(deployment);
await wait(await writer.writeContract({ address, abi, functionName: "grantRole", args: [stream, account.address] }));

const socket = createPublicClient({ chain, transport: webSocket(url.replace("http", "ws")) });
const heard = new Promise((resolve) => socket.watchContractEvent({
  address, abi, eventName: "Anchored", onLogs: (logs) => resolve(logs[0].transactionHash),
}));
const headed = new Promise((resolve) => socket.watchBlocks({ onBlock: (block) => resolve(block.hash) }));
await socket.getBlockNumber();
await new Promise((resolve) => setTimeout(resolve, 300));

const filter = await reader.createContractEventFilter({ address, abi, eventName: "Anchored" });
const pending = await reader.createPendingTransactionFilter();
const args = [stream, 1n, zero, root, 0n, 12n];
const { request } = await reader.simulateContract({ account, address, abi, functionName: "anchor", args });
const hash = await writer.writeContract(request);
const receipt = await wait(hash);
const changes = await reader.getFilterChanges({ filter });
const arrivals = await reader.getFilterChanges({ filter: pending });
const head = await reader.readContract({ address, abi, functionName: "headOf", args: [stream] });

let revert = null;
try {
  await reader.simulateContract({ account, address, abi, functionName: "anchor", args });
} catch (error) {
  const cause = error instanceof BaseError ? error.walk((item) => item instanceof ContractFunctionRevertedError) : null;
  revert = cause?.data?.errorName ?? String(error);
}
// returns slot 0 of an account that has neither code nor storage
const overridden = await reader.call({
  to: "0x" + "aa".repeat(20),
  stateOverride: [{
    address: "0x" + "aa".repeat(20), code: "0x60005460005260206000f3",
    stateDiff: [{ slot: zero, value: "0x" + "2a".padStart(64, "0") }],
  }],
});
const proof = await reader.getProof({ address, storageKeys: [zero] });
const block = await reader.getBlock({ blockNumber: receipt.blockNumber });
process.stdout.write(JSON.stringify({
  status: receipt.status, changes: changes.map((log) => log.args.root), arrived: arrivals.includes(hash),
  seq: String(head[0]), leaves: String(head[1]), revert, heard: (await heard) === hash,
  headed: (await headed).length, overridden: Number(overridden.data), nodes: proof.accountProof.length > 0,
  base: String(block.baseFeePerGas), uninstalled: await reader.uninstallFilter({ filter }),
  fee: String((await reader.estimateFeesPerGas()).maxFeePerGas),
}));
process.exit(0);
