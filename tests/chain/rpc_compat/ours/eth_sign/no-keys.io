// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_sign","params":["0x5d5c99EdF529335160FF180fA141Dd4967fc00D2","0x00"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method eth_sign does not exist/is not available"}}
