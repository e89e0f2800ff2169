// The methods that are called; constants.

/// One method of the service, and whether calling it twice is like calling it once.
struct CacheMethod: Sendable {
    let path: String
    /// Whether it changes nothing.
    let isRead: Bool

    private static let service = "/cachemanager.v1.Cache/"

    private init(reading name: String) {
        path = Self.service + name
        isRead = true
    }

    private init(writing name: String) {
        path = Self.service + name
        isRead = false
    }

    private init(path: String) {
        self.path = path
        isRead = true
    }

    static let get = CacheMethod(reading: "Get")
    static let set = CacheMethod(writing: "Set")
    static let delete = CacheMethod(writing: "Delete")
    static let exists = CacheMethod(reading: "Exists")
    static let touch = CacheMethod(writing: "Touch")
    static let getMulti = CacheMethod(reading: "GetMulti")
    static let setMulti = CacheMethod(writing: "SetMulti")
    static let deleteMulti = CacheMethod(writing: "DeleteMulti")
    static let keys = CacheMethod(reading: "Keys")
    static let invalidate = CacheMethod(writing: "Invalidate")
    static let stats = CacheMethod(reading: "Stats")
    static let streamInvalidations = CacheMethod(reading: "StreamInvalidations")
    static let healthCheck = CacheMethod(path: "/grpc.health.v1.Health/Check")
}
