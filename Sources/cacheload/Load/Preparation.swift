// What happens before the measurement: connecting, filling; any task.

import CacheManagerClient

/// Brings the clients and the keys into the state that is to be measured.
struct Preparation {
    /// So many keys are made and written at once.
    private static let groupKeys = 1_000

    let plan: LoadPlan
    let clients: [CacheClient]

    /// Connects every client, and writes every key if that was asked. Throws why that cannot be.
    func run() async throws {
        try await withThrowingTaskGroup { group in
            for client in clients {
                group.addTask { _ = try await client.exists(plan.key(0)) }
            }
            try await group.waitForAll()
        }
        guard plan.isFilled else { return }
        for start in stride(from: 0, to: plan.keys, by: Self.groupKeys) {
            let indexes = start..<min(start + Self.groupKeys, plan.keys)
            for item in try await clients[0].set(all: indexes.map(plan.entry)) {
                _ = try item.get()
            }
        }
    }
}
