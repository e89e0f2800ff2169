// The calls about single entries; any task.

import Messages

extension CacheClient {
    /// Reads an entry; nil when there is none.
    ///
    /// ```swift
    /// if let entry = try await cache.get("user:123") { use(entry.value) }
    /// ```
    public func get(
        _ key: String, mode: ReadMode = .any
    ) async throws(CacheError) -> CacheEntry? {
        switch try await get(key, ifVersionNot: 0, mode: mode) {
        case .found(let entry), .unchanged(let entry): entry
        case .missing: nil
        }
    }

    /// Reads an entry, and spares the transfer of a value that the caller holds already.
    ///
    /// ```swift
    /// switch try await cache.get("user:123", ifVersionNot: held.version) {
    /// case .found(let entry): held = entry
    /// case .unchanged: break
    /// case .missing: forget(held)
    /// }
    /// ```
    public func get(
        _ key: String, ifVersionNot version: UInt64, mode: ReadMode = .any
    ) async throws(CacheError) -> Lookup {
        try await call(.get) { arena in
            var request = GetRequest()
            request.key = arena.copy(key)
            request.mode = mode.message
            request.ifVersionNot = version
            return request
        } _: { (response: GetResponse) throws(CacheError) in
            guard response.hit else { return .missing }
            let entry = CacheEntry(key: key, response)
            return response.notModified ? .unchanged(entry) : .found(entry)
        }
    }

    /// Writes an entry, if its condition holds.
    ///
    /// ```swift
    /// let outcome = try await cache.set("lock:nightly", me, ttl: .seconds(30), if: .absent)
    /// if outcome.isStored { run() }
    /// ```
    ///
    /// It is sent once: when no answer comes, the entry may or may not have been written.
    @discardableResult
    public func set(
        _ key: String, _ value: [UInt8], ttl: TimeToLive = .standard,
        if condition: Condition = .always,
        contentType: String = "", metadata: [String: String] = [:], tags: [String] = []
    ) async throws(CacheError) -> SetOutcome {
        try await set(
            NewEntry(
                key: key, value: value, ttl: ttl, condition: condition, contentType: contentType,
                metadata: metadata, tags: tags))
    }

    /// Writes an entry, if its condition holds.
    @discardableResult
    public func set(_ entry: NewEntry) async throws(CacheError) -> SetOutcome {
        try await call(.set) { arena in
            entry.message(in: arena)
        } _: { (response: SetResponse) throws(CacheError) in
            SetOutcome(response)
        }
    }

    /// Removes an entry; with a version, only the entry of that version.
    ///
    /// ```swift
    /// try await cache.delete("user:123")
    /// ```
    @discardableResult
    public func delete(
        _ key: String, ifVersion version: UInt64 = 0
    ) async throws(CacheError) -> DeleteOutcome {
        try await call(.delete) { arena in
            var request = DeleteRequest()
            request.key = arena.copy(key)
            request.ifVersion = version
            return request
        } _: { (response: DeleteResponse) throws(CacheError) in
            DeleteOutcome(response)
        }
    }

    /// Whether there is an entry, without reading it or counting as a use of it.
    public func exists(_ key: String) async throws(CacheError) -> Bool {
        try await life(of: key) != nil
    }

    /// The version and the end of an entry, without reading it or counting as a use of it; nil
    /// when there is none.
    public func life(of key: String) async throws(CacheError) -> EntryLife? {
        try await call(.exists) { arena in
            var request = ExistsRequest()
            request.key = arena.copy(key)
            return request
        } _: { (response: ExistsResponse) throws(CacheError) in
            response.exists
                ? EntryLife(version: response.version, expiresAt: .init(response.expiresAt)) : nil
        }
    }

    /// Gives an entry a new time to live; nil when there is none.
    ///
    /// ```swift
    /// try await cache.touch("session:9", ttl: .seconds(1_800))
    /// ```
    @discardableResult
    public func touch(
        _ key: String, ttl: TimeToLive = .standard
    ) async throws(CacheError) -> EntryLife? {
        try await call(.touch) { arena in
            var request = TouchRequest()
            request.key = arena.copy(key)
            request.ttl = ttl.message
            request.noExpiry = ttl == .never
            return request
        } _: { (response: TouchResponse) throws(CacheError) in
            response.touched
                ? EntryLife(version: response.version, expiresAt: .init(response.expiresAt)) : nil
        }
    }

    /// One unary call: `make` builds the request from an arena, `read` copies what is needed out
    /// of the response.
    func call<Request: WireMessage, Response: WireMessage, Result>(
        _ method: CacheMethod, _ make: (RequestArena) -> Request,
        _ read: (Response) throws(CacheError) -> Result
    ) async throws(CacheError) -> Result {
        let reply = try await core.unary(method, try ClientCore.encode(make), timeout: timeout)
        return try ClientCore.decode(reply, read)
    }
}
