// the chain of world.py
>> {"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":["0x2","latest",[95,99]]}
<< {"jsonrpc":"2.0","id":1,"result":{"oldestBlock":"0x3","baseFeePerGas":["0x0","0x0","0x0"],"gasUsedRatio":[1.8738788298833242e-11,0.0],"baseFeePerBlobGas":["0x1","0x1","0x1"],"blobGasUsedRatio":[0.0,0.0],"reward":[["0x0","0x0"],["0x0","0x0"]]}}
