// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x5d5c99EdF529335160FF180fA141Dd4967fc00D2",{"blockHash":"0xf931e28e6222f5c413d6ac7a25ca8dd6355c44a1baf545f3b2cdcd8417189689"}]}
<< {"jsonrpc":"2.0","id":1,"result":"0xde0b6b3a763170f"}
