// The methods that are called; constants.

enum CacheMethod {
    static let get = "cachemanager.v1.Cache/Get"
    static let set = "cachemanager.v1.Cache/Set"
    static let delete = "cachemanager.v1.Cache/Delete"
    static let exists = "cachemanager.v1.Cache/Exists"
    static let touch = "cachemanager.v1.Cache/Touch"
    static let getMulti = "cachemanager.v1.Cache/GetMulti"
    static let deleteMulti = "cachemanager.v1.Cache/DeleteMulti"
    static let keys = "cachemanager.v1.Cache/Keys"
    static let invalidate = "cachemanager.v1.Cache/Invalidate"
    static let stats = "cachemanager.v1.Cache/Stats"
    static let streamInvalidations = "cachemanager.v1.Cache/StreamInvalidations"
    static let healthCheck = "grpc.health.v1.Health/Check"
}
