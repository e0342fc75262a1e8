//! The load balancer
