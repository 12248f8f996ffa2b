// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0xf8650280825208942222222222222222222222222222222222222222058086daead8d2c2ffa037d7b741faa6ba024c6f1fb5e496b44e6798e5a3378e5e4f6706ef1001bbb0dfa062409406ccdac14995674d260353bd5e4cb5305ab037036913d84a1c03656ece"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"nonce too low: next nonce 6, tx nonce 2"}}
