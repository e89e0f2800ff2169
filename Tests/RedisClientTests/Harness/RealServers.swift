// Tests with real servers take turns: each has processes, threads and deadlines of its own.

import Testing

/// Lets a few tests of a suite at a time have their servers, however many run beside them.
struct RealServers: SuiteTrait, TestTrait, TestScoping {
    private static let turns = Turns(free: 2)

    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Self.turns.take()
        do {
            try await function()
        } catch {
            await Self.turns.giveBack()
            throw error
        }
        await Self.turns.giveBack()
    }

    private actor Turns {
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(free: Int) { self.free = free }

        func take() async {
            guard free == 0 else { return free -= 1 }
            await withCheckedContinuation { waiting.append($0) }
        }

        func giveBack() {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
    }
}

extension Trait where Self == RealServers {
    /// The tests of the suite start servers.
    static var realServers: Self { RealServers() }
}
