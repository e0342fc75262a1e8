//! Scripted upstreams, raw clients and journeys, for tests only
