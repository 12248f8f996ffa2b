// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":"mulian-poa/1 (py-evm 0.12.1b1, cancun)"}
