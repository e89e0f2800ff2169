// What `health` answers; a value.

import CacheManagerClient
import Console

/// Whether a service is being served.
struct HealthAnswer: Answer, Equatable {
    var service: String
    var status: String

    init(service: String, _ health: CacheClient.Health) {
        self.service = service
        status =
            switch health {
            case .serving: "SERVING"
            case .notServing: "NOT_SERVING"
            case .unknown: "UNKNOWN"
            }
    }

    var text: String { status }
}
