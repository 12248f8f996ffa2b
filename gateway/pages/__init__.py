"""接口页面: what a consumer's developer reads, downloads and may be sent as a dated link."""
