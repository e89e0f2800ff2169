// The calls about single entries; any task.

import Messages

extension CacheConnection {
    /// `Get`; a version of 0 asks for the value in any case.
    func get(
        _ key: String, mode: ReadMode, ifVersionNot: UInt64
    ) async throws(CommandFailure) -> EntryAnswer {
        try await call(CacheMethod.get) { arena in
            var request = GetRequest()
            request.key = arena.copy(key)
            request.mode = mode
            request.ifVersionNot = ifVersionNot
            return request
        } _: { (response: GetResponse) in
            EntryAnswer(key: key, response)
        }
    }

    /// `Set`, with what the command line says.
    func set(_ command: SetCommand, _ value: [UInt8]) async throws(CommandFailure) -> SetAnswer {
        try await call(CacheMethod.set) { arena in
            var request = SetRequest()
            request.key = arena.copy(command.key)
            request.value = arena.copy(value)
            request.ttl = command.expiry.ttl?.message
            request.noExpiry = command.expiry.noExpiry
            request.condition = command.condition
            request.contentType = arena.copy(command.contentType ?? "")
            request.tags = command.tag.map(arena.copy)
            request.metadata = command.metadata.map {
                MetadataPair(name: arena.copy($0.name), value: arena.copy($0.value))
            }
            return request
        } _: { (response: SetResponse) in
            SetAnswer(key: command.key, response)
        }
    }

    /// `Delete`; a version of 0 stands for any.
    func delete(_ key: String, ifVersion: UInt64) async throws(CommandFailure) -> DeleteAnswer {
        try await call(CacheMethod.delete) { arena in
            var request = DeleteRequest()
            request.key = arena.copy(key)
            request.ifVersion = ifVersion
            return request
        } _: { (response: DeleteResponse) in
            DeleteAnswer(key: key, response)
        }
    }

    /// `Exists`.
    func exists(_ key: String) async throws(CommandFailure) -> ExistsAnswer {
        try await call(CacheMethod.exists) { arena in
            var request = ExistsRequest()
            request.key = arena.copy(key)
            return request
        } _: { (response: ExistsResponse) in
            ExistsAnswer(key: key, response)
        }
    }

    /// `Touch`; without an expiry as the namespace says.
    func touch(
        _ key: String, _ expiry: ExpiryOptions
    ) async throws(CommandFailure) -> TouchAnswer {
        try await call(CacheMethod.touch) { arena in
            var request = TouchRequest()
            request.key = arena.copy(key)
            request.ttl = expiry.ttl?.message
            request.noExpiry = expiry.noExpiry
            return request
        } _: { (response: TouchResponse) in
            TouchAnswer(key: key, response)
        }
    }
}
