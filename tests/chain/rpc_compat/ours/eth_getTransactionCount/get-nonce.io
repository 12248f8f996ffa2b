// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_getTransactionCount","params":["0x5d5c99EdF529335160FF180fA141Dd4967fc00D2","latest"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x6"}
