// What `watch` tells people, from what the stream says; a value without I/O.

import CacheManagerClient

/// Knows what was said before, for the first subscription reads otherwise than the later ones.
struct WatchNarrator {
    /// Whether it goes on from a token.
    let isContinuing: Bool
    private var hasBeenLive = false

    init(isContinuing: Bool) { self.isContinuing = isContinuing }

    /// Why to give up: a server that cannot be reached at first is no reason to wait for it.
    func failure(_ event: Invalidations.Event) -> CacheError? {
        if !hasBeenLive, case .state(.lost(let error)) = event.content { error } else { nil }
    }

    /// What to say about an event.
    mutating func remark(_ event: Invalidations.Event) -> WatchRemark? {
        switch event.content {
        case .change, .state(.idle): return nil
        case .reset(let reason): return .reset(ResetCause(reason))
        case .state(.draining): return .draining
        case .state(.lost(let error)): return .lost(error.message)
        case .state(.live(let isResumed)):
            defer { hasBeenLive = true }
            if isResumed { return .resumed }
            // Where it could not go on, a reset came before and said so.
            return hasBeenLive || isContinuing ? nil : .watching
        }
    }
}
