// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_estimateGas","params":[{"from":"0x5d5c99EdF529335160FF180fA141Dd4967fc00D2","to":"0x2222222222222222222222222222222222222222","value":"0x1"}]}
<< {"jsonrpc":"2.0","id":1,"result":"0x5208"}
