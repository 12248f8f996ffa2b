// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_getStorageAt","params":["0xf60ac977801098edabc57307912e52d7cbbcfb7b","0x0","latest"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x0000000000000000000000000000000000000000000000000000000000000015"}
