// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockTransactionCountByHash","params":["0xf931e28e6222f5c413d6ac7a25ca8dd6355c44a1baf545f3b2cdcd8417189689"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x4"}
