// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"debug_traceTransaction","params":["0xdc41621fda459c7449647ce117eef6f7de9717c92984b5a76dba9c4c503b97ac",{"tracer":"callTracer"}]}
<< {"jsonrpc":"2.0","id":1,"result":{"type":"CALL","from":"0x5d5c99EdF529335160FF180fA141Dd4967fc00D2","gas":"0x30d40","gasUsed":"0x7476","input":"0x0000000000000000000000000000000000000000000000000000000000000015","to":"0xF60ac977801098edaBc57307912E52d7CBbCfb7b","value":"0x0"}}
