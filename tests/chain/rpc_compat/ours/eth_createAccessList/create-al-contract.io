// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_createAccessList","params":[{"from":"0x5d5c99EdF529335160FF180fA141Dd4967fc00D2","to":"0xf60ac977801098edabc57307912e52d7cbbcfb7b","input":"0x000000000000000000000000000000000000000000000000000000000000002a"},"latest"]}
<< {"jsonrpc":"2.0","id":1,"result":{"accessList":[{"address":"0xF60ac977801098edaBc57307912E52d7CBbCfb7b","storageKeys":["0x0000000000000000000000000000000000000000000000000000000000000000"]}],"gasUsed":"0x7476"}}
