// How far an invalidation of many keys is, while it runs; any task.

import CacheManagerClient
import Console

/// Asks the server about its walks while a call is pending, and shows ours on the terminal.
struct WalkProgress: Sendable {
    private static let interval = Duration.milliseconds(250)

    private let cache: CacheClient
    private let line: ProgressLine?
    private let kind: String

    /// Nothing is asked or shown where no person looks, nor for keys: that is quick.
    init(of selection: CacheClient.Selection, on cache: CacheClient, _ output: Output) {
        self.cache = cache
        let kind = Self.kind(of: selection)
        self.kind = kind ?? ""
        line = kind == nil ? nil : ProgressLine(output)
    }

    /// Runs the call, and shows how far its walk is until it is answered.
    func shown<Outcome: Sendable>(
        _ call: @escaping @Sendable () async throws(CacheError) -> Outcome
    ) async throws(CacheError) -> Outcome {
        guard let line else { return try await call() }
        let before = await walks()
        let watching = Task {
            var isShown = false
            while !Task.isCancelled, let walks = await walks() {
                if let text = Self.text(walks, kind: kind, besides: before ?? []) {
                    line.show(text)
                    isShown = true
                }
                // Cancellation ends the sleep, and then the loop.
                try? await Task.sleep(for: Self.interval)
            }
            if isShown { line.clear() }
        }
        let outcome: Result<Outcome, CacheError>
        do throws(CacheError) {
            outcome = .success(try await call())
        } catch {
            outcome = .failure(error)
        }
        watching.cancel()
        await watching.value
        return try outcome.get()
    }

    /// What the server's walks are; nil: it does not say, and the call itself will tell why.
    private func walks() async -> [CacheStats.Walk]? {
        do {
            return try await cache.stats().shared?.walks ?? []
        } catch {
            return nil
        }
    }

    static func kind(of selection: CacheClient.Selection) -> String? {
        switch selection {
        case .keys: nil
        case .pattern: "pattern"
        case .tag: "tag"
        case .everything: "everything"
        }
    }

    /// One line about the walk that is of this kind and was not there before; nil: none is.
    static func text(
        _ walks: [CacheStats.Walk], kind: String, besides before: [CacheStats.Walk]
    ) -> String? {
        let known = Set(before.map(\.id))
        guard let walk = walks.first(where: { $0.kind == kind && !known.contains($0.id) }) else {
            return nil
        }
        let total = max(walk.total, walk.scanned)
        let share = walk.total == 0 ? "" : " of about \(Digits.count(total))"
        let percent = walk.total == 0 ? "" : " (\(walk.scanned &* 100 / max(1, total)) %)"
        return "looked at \(Digits.count(walk.scanned))\(share) keys\(percent), "
            + "removed \(Digits.count(walk.removed))"
    }
}
