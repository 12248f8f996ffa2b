// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"from":"0x5d5c99EdF529335160FF180fA141Dd4967fc00D2","to":"0xf60ac977801098edabc57307912e52d7cbbcfb7b","input":"0x0102"},"latest"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted: panic code 0x11","data":"0x4e487b710000000000000000000000000000000000000000000000000000000000000011"}}
